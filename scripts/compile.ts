// deno-lint-ignore-file no-console -- a script for the terminal, not part of the programs
import { basename, join, relative, resolve } from "node:path";
import { parseArgs, promisify } from "node:util";
import { gzip } from "node:zlib";
import { CompileError } from "./compile/error.ts";
import { measure } from "./compile/measure.ts";

const usage = `Usage: deno task compile [--target <triple>]

Leaves the standalone executables timesrv and timecli in dist/.

  --target <triple>  compile for another system, as \`deno compile --target\` does
  -h, --help         show this

DENORT_BIN, if set, is the path of the base executable for \`deno compile\`.`;

interface Program {
  readonly name: "timesrv" | "timecli";
  readonly entry: string;
  /** The module of its worker threads. */
  readonly worker?: string;
  /** A module that is large and seldom needed, imported as `./` and its file's name. */
  readonly packed?: string;
  /** Permissions that it has not from source, where they are for the user to grant. */
  readonly grants?: readonly string[];
}

const programs: readonly Program[] = [
  {
    name: "timesrv",
    entry: "server.ts",
    worker: "src/server/worker.ts",
    // A scenario or a list of leap seconds, wherever it lies.
    grants: ["--allow-read"],
  },
  // A capture that is to be explained, and a picture that is to be drawn, wherever they lie.
  {
    name: "timecli",
    entry: "client.ts",
    packed: "src/cli/watch_picture.ts",
    grants: ["--allow-read", "--allow-write"],
  },
];

type Grant = boolean | readonly string[];

interface Config {
  readonly unstable?: readonly string[];
  readonly permissions: Readonly<Record<string, Readonly<Record<string, Grant>>>>;
}

interface Payload {
  readonly sha256: string;
  readonly packed: Uint8Array;
}

/** Turns a permission set of deno.json into flags; `-P` itself warns at every start that it is experimental. */
function flagsOf(config: Config, name: string): string[] {
  const flags = [
    "--no-prompt",
    ...(config.unstable ?? []).map((feature) => `--unstable-${feature}`),
  ];
  for (const [kind, grant] of Object.entries(config.permissions[name] ?? {})) {
    // Needed from source alone: a bundle holds its worker itself.
    if (kind === "read") continue;
    if (grant === true) flags.push(`--allow-${kind}`);
    else if (Array.isArray(grant)) flags.push(`--allow-${kind}=${grant.join(",")}`);
    else if (grant !== false) {
      throw new CompileError(
        `permissions.${name}.${kind} in deno.json: wanted true, false or a list`,
      );
    }
  }
  return flags;
}

async function deno(
  root: string,
  ...args: string[]
): Promise<{ code: number; stdout: string; stderr: string }> {
  const command = new Deno.Command(Deno.execPath(), {
    args,
    cwd: root,
    env: { NO_COLOR: "1" },
    stdin: "null",
  });
  const { code, stdout, stderr } = await command.output();
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

async function payload(bytes: Uint8Array<ArrayBuffer>): Promise<Payload> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return { sha256: digest.toHex(), packed: await promisify(gzip)(bytes, { level: 9 }) };
}

/**
 * Bundles a program into one module. Its worker goes in as a text, for a worker that
 * is started from a blob needs no file and no permission to read one (src/server/worker_url.ts);
 * so does its packed module, compressed (src/cli/packed_module.ts).
 */
async function bundleProgram(root: string, { entry, worker, packed }: Program): Promise<string> {
  const texts: string[] = [];
  const keep = (name: string, text: string): void => {
    texts.push(`globalThis[Symbol.for("timesrv.${name}")] = ${JSON.stringify(text)};\n`);
  };
  if (worker !== undefined) keep("worker", await bundle(root, worker));
  if (packed !== undefined) {
    const module = new TextEncoder().encode(await bundle(root, packed, "--minify"));
    keep("packed", (await payload(module)).packed.toBase64());
  }
  const left = packed === undefined ? [] : [`--external=./${basename(packed)}`];
  return texts.join("") + await bundle(root, entry, ...left);
}

/** Bundles an entry point into one module that names no folder of this machine. */
async function bundle(root: string, entry: string, ...options: string[]): Promise<string> {
  const folder = await Deno.makeTempDir({ prefix: "timesrv-bundle-" });
  try {
    const file = join(folder, "bundle.mjs");
    const { code, stderr } = await deno(
      root,
      "bundle",
      "--check",
      "--format=esm",
      ...options,
      "-o",
      file,
      entry,
    );
    if (code !== 0) throw new CompileError(`bundling ${entry}:\n${stderr.trim()}`);
    const { npmCache } = JSON.parse((await deno(root, "info", "--json")).stdout);
    // Module paths stay in comments and in the names of lazily run modules, relative to the working directory.
    const prefix = relative(await Deno.realPath(root), npmCache).replaceAll(
      /[\\^$.*+?()[\]{}|]/g,
      "\\$&",
    );
    return (await Deno.readTextFile(file)).replaceAll(
      new RegExp(`${prefix}/[^/\\s"]+/`, "g"),
      "npm/",
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Writes launcher, program and runtime as one executable file. */
async function pack(
  out: string,
  { name, flags, program, runtime }: {
    name: string;
    flags: readonly string[];
    program: Payload;
    runtime: Payload;
  },
): Promise<void> {
  const template = await Deno.readTextFile(
    join(import.meta.dirname ?? ".", "compile", "launcher.sh"),
  );
  const quoted = [
    ...flags,
    // Nothing around the caller may be looked up or read: no configuration, no lock file, no module of any kind.
    ...[
      "--no-config",
      "--no-lock",
      // Deno would clear the terminal below the cursor at start.
      "--quiet",
      "--no-remote",
      "--no-npm",
      "--cached-only",
      "--node-modules-dir=none",
    ],
  ].map((flag) => `'${flag.replaceAll("'", `'\\''`)}'`).join(" ");
  function fill(start: number): Uint8Array {
    const values: Readonly<Record<string, string | number>> = {
      NAME: name,
      FLAGS: quoted,
      WHOLE_SIZE: start + program.packed.length + runtime.packed.length,
      PROGRAM_SHA: program.sha256,
      PROGRAM_FROM: start + 1,
      PROGRAM_LENGTH: program.packed.length,
      RUNTIME_SHA: runtime.sha256,
      RUNTIME_FROM: start + program.packed.length + 1,
      RUNTIME_LENGTH: runtime.packed.length,
    };
    // Numbers are padded, so that the launcher is as long with the real ones as with those it was measured by.
    return new TextEncoder().encode(template.replaceAll(/@([A-Z_]+)@/g, (_, key) => {
      const value = values[key];
      return typeof value === "number" ? String(value).padEnd(12) : value ?? "";
    }));
  }
  await Deno.writeFile(out, fill(fill(0).length));
  await Deno.writeFile(out, program.packed, { append: true });
  await Deno.writeFile(out, runtime.packed, { append: true });
  // Not as the `mode` of writeFile(), which the umask would narrow.
  await Deno.chmod(out, 0o755);
}

/** Compiles with `deno compile`; false means that its base executable cannot be fetched. */
async function compileNatively(
  root: string,
  { entry, out, flags, target }: {
    entry: string;
    out: string;
    flags: readonly string[];
    target?: string | undefined;
  },
): Promise<boolean> {
  const choice = target === undefined ? [] : ["--target", target];
  const { code, stderr } = await deno(root, "compile", ...flags, ...choice, "-o", out, entry);
  if (code === 0) return true;
  if (!stderr.includes("Setting up base binary.")) {
    throw new CompileError(`deno compile ${entry}:\n${stderr.trim()}`);
  }
  return false;
}

/** Packs the running Deno, or says why that would not do. */
async function packRuntime(target: string | undefined): Promise<Payload> {
  if (target !== undefined || Deno.build.os === "windows") {
    throw new CompileError(
      `no base executable for ${target ?? Deno.build.target}: allow network access, or set ` +
        `DENORT_BIN to the denort of Deno ${Deno.version.deno} for that system`,
    );
  }
  console.log(
    "The base executable of `deno compile` cannot be fetched and DENORT_BIN is not set: " +
      "packing this Deno into self-extracting executables",
  );
  return await payload(await Deno.readFile(Deno.execPath()));
}

/** Builds both executables from the project in `root` and moves them into its dist/ folder. */
async function compile(root: string, target: string | undefined): Promise<void> {
  const config: Config = JSON.parse(await Deno.readTextFile(join(root, "deno.json")));
  const dist = join(root, "dist");
  await Deno.mkdir(dist, { recursive: true });
  // `deno compile` overwrites nothing but its own work, and a failure leaves what was there.
  const build = await Deno.makeTempDir({ dir: dist, prefix: ".build-" });
  const suffix = (target ?? Deno.build.os).includes("windows") ? ".exe" : "";
  let runtime: Payload | undefined;
  try {
    for (const each of programs) {
      const { name } = each;
      const flags = [...flagsOf(config, name), ...each.grants ?? []];
      const out = join(build, name);
      const program = await bundleProgram(root, each);
      const entry = join(build, `${name}.mjs`);
      await Deno.writeTextFile(entry, program);
      if (runtime || !await compileNatively(root, { entry, out, flags, target })) {
        runtime ??= await packRuntime(target);
        await pack(out, {
          name,
          flags,
          runtime,
          program: await payload(new TextEncoder().encode(program)),
        });
      }
    }
    const times = target === undefined ? await measure(build, suffix) : undefined;
    for (const { name } of programs) {
      const file = join(dist, name + suffix);
      await Deno.rename(join(build, name + suffix), file);
      console.log([
        relative(root, file),
        `${((await Deno.stat(file)).size / 1e6).toFixed(1)} MB`,
        runtime ? "self-extracting" : "compiled",
        times
          ? `first reply after ${times.first[name]} ms on first run, ${times.next[name]} ms after`
          : "not started, as it is for another system",
      ].join("  "));
    }
  } finally {
    await Deno.remove(build, { recursive: true });
  }
}

/** Runs the script and returns its exit code; `root` is the folder of deno.json and the entry points. */
export async function main(
  args: string[],
  root = resolve(import.meta.dirname ?? ".", ".."),
): Promise<number> {
  let target: string | undefined;
  try {
    const { values } = parseArgs({
      args,
      options: { target: { type: "string" }, help: { type: "boolean", short: "h" } },
    });
    if (values.help) {
      console.log(usage);
      return 0;
    }
    target = values.target;
  } catch (error) {
    console.error(`compile: ${error instanceof Error ? error.message : error}`);
    return 2;
  }
  try {
    await compile(root, target);
    return 0;
  } catch (error) {
    if (!(error instanceof CompileError)) throw error;
    console.error(`compile: ${error.message}`);
    return 1;
  }
}

if (import.meta.main) Deno.exit(await main(Deno.args));
