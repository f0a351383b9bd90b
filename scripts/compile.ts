// deno-lint-ignore-file no-console -- a script for the terminal, not part of the programs
import { join, relative, resolve } from "node:path";
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
  /** Modules that are fetched only when they are needed. */
  readonly parts?: readonly Part[];
  /** Permissions that it has not from source, where they are for the user to grant. */
  readonly grants?: readonly string[];
}

const programs: readonly Program[] = [
  {
    name: "timesrv",
    entry: "server.ts",
    worker: "src/server/workers/worker.ts",
    // A scenario or a list of leap seconds, wherever it lies.
    grants: ["--allow-read"],
  },
  // A capture that is to be explained, and a picture that is to be drawn, wherever they lie.
  {
    name: "timecli",
    entry: "client.ts",
    parts: [
      {
        entry: "src/cli/timecli/timecli.ts",
        specifier: "./src/cli/timecli/timecli.ts",
        file: "commands.mjs",
      },
      {
        entry: "src/cli/timecli/watch/watch_picture.ts",
        specifier: "./watch_picture.ts",
        file: "picture.mjs",
      },
    ],
    grants: ["--allow-read", "--allow-write"],
  },
];

/** A module that is a file of its own, as it would take longer to read than the program takes to start. */
interface Part {
  readonly entry: string;
  /** How it is imported. */
  readonly specifier: string;
  readonly file: string;
}

type Grant = boolean | readonly string[];

interface Config {
  readonly unstable?: readonly string[];
  readonly permissions: Readonly<Record<string, Readonly<Record<string, Grant>>>>;
}

/** A file of a program. */
interface ProgramFile {
  readonly name: string;
  readonly text: string;
}

/** A file as a self-extracting executable has it. */
interface Payload {
  readonly name: string;
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

async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
}

async function payload(name: string, bytes: Uint8Array<ArrayBuffer>): Promise<Payload> {
  const packed = await promisify(gzip)(bytes, { level: 9 });
  return { name, sha256: await sha256(bytes), packed };
}

/**
 * Bundles a program: one module, and one for each of its parts, all in one folder. Its worker goes in
 * as a text, for a worker that is started from a blob needs no file and no permission to read one
 * (src/server/workers/worker_url.ts).
 */
async function bundleProgram(
  root: string,
  { name, entry, worker, parts = [] }: Program,
): Promise<ProgramFile[]> {
  const workerText = worker === undefined
    ? ""
    : `globalThis[Symbol.for("timesrv.worker")] = ${JSON.stringify(await bundle(root, worker))};\n`;
  const files: ProgramFile[] = [];
  for (const part of [{ entry, file: `${name}.mjs` }, ...parts]) {
    const others = parts.filter((other) => other !== part);
    const options = others.map(({ specifier }) => `--external=${specifier}`);
    let text = await bundle(root, part.entry, "--minify", ...options);
    for (const { specifier, file } of others) {
      text = text.replaceAll(`"${specifier}"`, `"./${file}"`);
    }
    files.push({ name: part.file, text: part.entry === entry ? workerText + text : text });
  }
  return files;
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
  { name, flags, files, runtime }: {
    name: string;
    flags: readonly string[];
    files: readonly ProgramFile[];
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
  const encoder = new TextEncoder();
  const modules = await Promise.all(
    files.map((file) => payload(file.name, encoder.encode(file.text))),
  );
  // One folder for all modules of a program, as they import each other.
  const folder = await sha256(encoder.encode(modules.map(({ sha256 }) => sha256).join()));
  // The large one first: where there is no room, nothing is left behind.
  const payloads = [
    { path: `${runtime.sha256}/${runtime.name}`, ...runtime },
    ...modules.map((each) => ({ path: `${folder}/${each.name}`, ...each })),
  ];
  function fill(start: number): Uint8Array {
    // Numbers are padded, so that the launcher is as long with the real ones as with those it was measured by.
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
      WHOLE_SIZE: padded(from),
      RUNTIME: `${runtime.sha256}/${runtime.name}`,
      PROGRAM: `${folder}/${name}.mjs`,
      FILES: payloads.map(({ path }) => path).join(" "),
      PAYLOADS: table.join("\n"),
    };
    return encoder.encode(template.replaceAll(/@([A-Z_]+)@/g, (_, key) => values[key] ?? ""));
  }
  await Deno.writeFile(out, fill(fill(0).length));
  for (const { packed } of payloads) await Deno.writeFile(out, packed, { append: true });
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
  return await payload("deno", await Deno.readFile(Deno.execPath()));
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
      const files = await bundleProgram(root, each);
      // The parts beside the entry, where it looks for them.
      const folder = await Deno.makeTempDir({ dir: build });
      for (const file of files) await Deno.writeTextFile(join(folder, file.name), file.text);
      const entry = join(folder, `${name}.mjs`);
      if (runtime || !await compileNatively(root, { entry, out, flags, target })) {
        runtime ??= await packRuntime(target);
        await pack(out, { name, flags, files, runtime });
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
