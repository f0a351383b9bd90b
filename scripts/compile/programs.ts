import { join } from "node:path";
import { CompileError, ROOT } from "./run.ts";

/** A program that becomes an executable. */
export interface Program {
  readonly name: "timesrv" | "timecli";
  readonly entry: string;
  /** The module of its worker threads. */
  readonly worker?: string;
  /** Modules that are loaded only when they are needed. */
  readonly parts?: readonly Part[];
  /** Permissions beyond those of deno.json: from source, the user grants them. */
  readonly grants: readonly string[];
}

/** A module in a file of its own, because reading it takes longer than the program takes to start. */
export interface Part {
  readonly entry: string;
  /** The specifier by which the program imports it. */
  readonly specifier: string;
  readonly file: string;
}

export const programs: readonly Program[] = [
  {
    name: "timesrv",
    entry: "server.ts",
    worker: "src/server/workers/worker.ts",
    // --scenario, --leap-file and --record may name any file; writing is given up at the start.
    grants: ["--allow-read", "--allow-write"],
  },
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
        entry: "src/cli/timecli/watch/picture/svg.ts",
        specifier: "./picture/svg.ts",
        file: "picture.mjs",
      },
    ],
    // --capture and --plot may name any file.
    grants: ["--allow-read", "--allow-write"],
  },
];

/**
 * Fills in a template of a launcher or image, in which `@NAME@` stands for a value.
 *
 * @throws {CompileError} If there is no such value
 */
export function fillTemplate(text: string, values: Readonly<Record<string, string>>): string {
  return text.replaceAll(/@([A-Z_]+)@/g, (_, name) => {
    const value = values[name];
    if (value === undefined) throw new CompileError(`a template needs the value @${name}@`);
    return value;
  });
}

/** The flags of a Deno that is shipped with a program, beside those of {@linkcode flagsOf}. */
export const LAUNCH_FLAGS: readonly string[] = [
  // Nothing in the caller's folder may change the program: no configuration, lock file or module.
  "--no-config",
  "--no-lock",
  // Without it Deno clears the terminal below the cursor at start.
  "--quiet",
  "--no-remote",
  "--no-npm",
  "--cached-only",
  "--node-modules-dir=none",
];

interface Config {
  readonly unstable?: readonly string[];
  readonly permissions: Readonly<Record<string, Readonly<Record<string, boolean | string[]>>>>;
}

/**
 * Turns the program's permission set in deno.json into flags: `-P` itself would warn at every start
 * that it is experimental.
 *
 * @throws {CompileError} If deno.json holds a permission of another type
 */
export async function flagsOf({ name, grants }: Program): Promise<string[]> {
  const config: Config = JSON.parse(await Deno.readTextFile(join(ROOT, "deno.json")));
  const flags = [
    "--no-prompt",
    ...(config.unstable ?? []).map((feature) => `--unstable-${feature}`),
  ];
  for (const [kind, grant] of Object.entries(config.permissions[name] ?? {})) {
    // Needed from source only: a bundle contains its worker.
    if (kind === "read") continue;
    if (grant === true) flags.push(`--allow-${kind}`);
    else if (Array.isArray(grant)) flags.push(`--allow-${kind}=${grant.join(",")}`);
    else if (grant !== false) {
      throw new CompileError(
        `permissions.${name}.${kind} in deno.json: expected true, false or a list`,
      );
    }
  }
  return [...flags, ...grants];
}
