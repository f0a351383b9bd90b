// deno-lint-ignore-file no-console -- a script for the terminal, not part of the programs
import { join } from "node:path";
import { type Arguments, defineCommand } from "../src/cli/shared/command.ts";
import { flag } from "../src/options/field.ts";
import { runCommand } from "./bench/options.ts";
import { makeContents, writeFolder } from "./compile/folder.ts";
import { fillTemplate, flagsOf, LAUNCH_FLAGS, programs } from "./compile/programs.ts";
import { CompileError, ROOT } from "./compile/run.ts";
import { findTarget } from "./compile/targets.ts";

const groups = {
  "Options:": { isContextOnly: flag({ name: "context", help: "write that folder only" }) },
} as const;

const command = defineCommand({
  name: "image",
  hasManual: false,
  description: "Builds the container image timesrv with podman, docker or buildah, whichever is " +
    "there first, from dist/image/.",
  positionals: [],
  groups,
  notes: "",
  run,
});

/** The programs that can build it, each with the arguments of a build. */
const builders: Readonly<Record<string, readonly string[]>> = {
  // Only in Docker's format an image has a health check.
  podman: ["build", "--format", "docker"],
  docker: ["build"],
  buildah: ["build", "--format", "docker"],
};

const ENVIRONMENT: Readonly<Record<string, string>> = {
  DENO_DIR: "/usr/lib/timesrv/deno_dir",
  DENO_NO_PACKAGE_JSON: "1",
  DENO_NO_UPDATE_CHECK: "1",
  HOME: "/",
  // As the launchers set it.
  MALLOC_ARENA_MAX: "1",
};

/**
 * Writes what an image is built from: a Containerfile, and beside it the folder of an archive.
 *
 * @returns The version of timesrv
 * @throws {CompileError} If there is no runtime for this processor, or Deno cannot bundle a program
 */
export async function writeContext(folder: string): Promise<string> {
  const target = findTarget(`${Deno.build.arch}-unknown-linux-gnu`);
  const contents = await makeContents();
  await Deno.remove(folder, { recursive: true }).catch(() => {});
  await writeFolder(folder, target, contents);
  const values: Record<string, string> = {
    ENVIRONMENT: Object.entries(ENVIRONMENT).map(([name, value]) => `${name}=${value}`).join(" "),
    PORT: "41123",
    NTP_PORT: "41124",
  };
  const start: Record<string, string[]> = {};
  for (const program of programs) {
    const { name } = program;
    const file = `/usr/lib/timesrv/${name}`;
    const args = ["run", ...await flagsOf(program), ...LAUNCH_FLAGS, `${file}.mjs`];
    start[name] = [file, ...args];
    values[name.toUpperCase()] = args.map((arg) => `'${arg}'`).join(" ");
  }
  values["ENTRYPOINT"] = formatCommand(start["timesrv"] ?? []);
  const ask = ["--timeout", "4s", "ntp://127.0.0.1"];
  values["HEALTH"] = formatCommand([...start["timecli"] ?? [], ...ask]);
  const template = await Deno.readTextFile(join(ROOT, "scripts/image/Containerfile"));
  const file = join(folder, "Containerfile");
  await Deno.writeTextFile(file, fillTemplate(template, values));
  return contents.version;
}

/** Formats a command in the form without a shell. */
function formatCommand(words: readonly string[]): string {
  return JSON.stringify(words).replaceAll('","', '", "');
}

/** Builds the image with the first program that is there; returns its exit code. */
async function build(folder: string, version: string): Promise<number> {
  for (const [builder, args] of Object.entries(builders)) {
    const tags = ["-t", `timesrv:${version}`, "-t", "timesrv:latest"];
    const command = new Deno.Command(builder, {
      args: [...args, ...tags, "-f", join(folder, "Containerfile"), folder],
    });
    try {
      return (await command.spawn().status).code;
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
  throw new CompileError(`none of ${Object.keys(builders).join(", ")} is there: see --context`);
}

async function run({ values }: Arguments<typeof groups>): Promise<number> {
  const folder = join(ROOT, "dist", "image");
  const version = await writeContext(folder);
  console.log("dist/image/Containerfile");
  return values.isContextOnly ? 0 : await build(folder, version);
}

if (import.meta.main) Deno.exit(await runCommand(command));
