import { join } from "node:path";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import type { ProgramFile } from "./bundle.ts";
import { CompileError } from "./run.ts";
import { fillTemplate, LAUNCH_FLAGS } from "./programs.ts";
import { sha256 } from "./sources.ts";

/** A compressed file inside a self-extracting executable. */
export interface Payload {
  readonly name: string;
  readonly sha256: string;
  readonly packed: Uint8Array;
}

/**
 * Compresses the running Deno, for {@linkcode pack}.
 *
 * @throws {CompileError} If the executables are for another system, for one without a shell, or must not be packed
 */
export async function packRuntime(target: string | undefined, isNative: boolean): Promise<Payload> {
  if (target !== undefined || isNative || Deno.build.os === "windows") {
    throw new CompileError(
      `no base executable for ${target ?? Deno.build.target}: allow network access, or set ` +
        `DENORT_BIN to the denort of Deno ${Deno.version.deno} for that system`,
    );
  }
  return await payload("deno", await Deno.readFile(Deno.execPath()));
}

/** Writes launcher, runtime and program as one executable file. */
export async function pack(
  out: string,
  { name, flags, files, runtime }: {
    name: string;
    flags: readonly string[];
    files: readonly ProgramFile[];
    runtime: Payload;
  },
): Promise<void> {
  const template = await Deno.readTextFile(join(import.meta.dirname ?? ".", "launcher.sh"));
  const environment = await Deno.readTextFile(
    join(import.meta.dirname ?? ".", "environment.sh"),
  );
  const quoted = [...flags, ...LAUNCH_FLAGS].map((flag) => `'${flag.replaceAll("'", `'\\''`)}'`)
    .join(" ");
  const encoder = new TextEncoder();
  const modules = await Promise.all(
    files.map((file) => payload(file.name, encoder.encode(file.text))),
  );
  // One folder for all modules of a program, because they import each other.
  const folder = await sha256(encoder.encode(modules.map(({ sha256 }) => sha256).join()));
  // The large one first: where there is no room, nothing is left behind.
  const payloads = [
    { path: `${runtime.sha256}/${name}`, ...runtime },
    ...modules.map((each) => ({ path: `${folder}/${each.name}`, ...each })),
  ];
  function fill(start: number): Uint8Array {
    // Numbers are padded, so that the launcher's length does not depend on them.
    const padded = (value: number): string => String(value).padEnd(12);
    let from = start;
    const table = payloads.map(({ path, sha256, packed: { length } }) => {
      const line = `${path} ${sha256} ${padded(from + 1)}${padded(length)}`;
      from += length;
      return line;
    });
    const values: Readonly<Record<string, string>> = {
      NAME: name,
      FLAGS: quoted,
      ENVIRONMENT: environment.trimEnd(),
      WHOLE_SIZE: padded(from),
      RUNTIME: `${runtime.sha256}/${name}`,
      PROGRAM: `${folder}/${name}.mjs`,
      FOLDERS: `${runtime.sha256} ${folder}`,
      FILES: payloads.map(({ path }) => path).join(" "),
      PAYLOADS: table.join("\n"),
    };
    return encoder.encode(fillTemplate(template, values));
  }
  await Deno.writeFile(out, fill(fill(0).length));
  for (const { packed } of payloads) await Deno.writeFile(out, packed, { append: true });
  // Not as the `mode` of writeFile(), which the umask would narrow.
  await Deno.chmod(out, 0o755);
}

async function payload(name: string, bytes: Uint8Array<ArrayBuffer>): Promise<Payload> {
  const packed = await promisify(gzip)(bytes, { level: 9 });
  return { name, sha256: await sha256(bytes), packed };
}
