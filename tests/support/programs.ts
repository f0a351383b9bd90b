/** Shared by the tests that need more than `--allow-net`. */

/** What a test needs beyond the network. */
export interface Needs {
  /** Programs that must be there and may be run, such as `python3`. */
  readonly commands?: readonly string[];
  /** Files that must be there and may be read. */
  readonly files?: readonly string[];
  /** Further permissions, such as `{ name: "ffi" }`. */
  readonly permissions?: readonly Deno.PermissionDescriptor[];
  /** Whether the effective user must be root. */
  readonly root?: boolean;
  /** Whether `::1` must be there. */
  readonly ipv6?: boolean;
}

/**
 * A test that runs where all that it needs is there. Elsewhere it is ignored, with the reason in its
 * name; where `TIMESRV_REQUIRE_PEERS` is set it fails instead, so that continuous integration skips
 * nothing unnoticed.
 *
 * The caller registers it, so that Deno reports the caller's file and line.
 *
 * @example
 * ```ts
 * import { where } from "./programs.ts";
 *
 * Deno.test(await where({ commands: ["python3"] }, "python3 is there", () => {}));
 * ```
 */
export async function where(
  needs: Needs,
  name: string,
  fn: (t: Deno.TestContext) => void | Promise<void>,
): Promise<Deno.TestDefinition> {
  const missing = await firstMissing(needs);
  if (missing === undefined) return { name, fn };
  if (await isGranted({ name: "env" }) && Deno.env.has("TIMESRV_REQUIRE_PEERS")) {
    return {
      name,
      fn(): void {
        throw new Error(`This test is required to run, but there is no ${missing}`);
      },
    };
  }
  return { name: `${name} (ignored: no ${missing})`, fn, ignore: true };
}

async function firstMissing(needs: Needs): Promise<string | undefined> {
  const permissions = [
    ...(needs.permissions ?? []),
    ...(needs.commands?.length ? [{ name: "run" } as const] : []),
    ...(needs.files?.length ? [{ name: "read" } as const] : []),
    ...(needs.root ? [{ name: "sys", kind: "uid" } as const] : []),
  ];
  for (const permission of permissions) {
    if (!await isGranted(permission)) return `permission to ${permission.name}`;
  }
  for (const command of needs.commands ?? []) {
    if (!await exists(command)) return command;
  }
  for (const file of needs.files ?? []) {
    const info = await Deno.stat(file).catch(() => undefined);
    if (info === undefined) return file;
  }
  if (needs.root && Deno.uid() !== 0) return "root";
  if (needs.ipv6 && !hasIpv6()) return "IPv6";
  return undefined;
}

function hasIpv6(): boolean {
  try {
    Deno.listenDatagram({ transport: "udp", hostname: "::1", port: 0 }).close();
    return true;
  } catch {
    return false;
  }
}

async function isGranted(permission: Deno.PermissionDescriptor): Promise<boolean> {
  return (await Deno.permissions.query(permission)).state === "granted";
}

async function exists(command: string): Promise<boolean> {
  const path = await isGranted({ name: "env" }) ? Deno.env.get("PATH") ?? "" : "/usr/bin:/bin";
  const places = command.includes("/")
    ? [command]
    : path.split(":").map((dir) => `${dir}/${command}`);
  const found = await Promise.all(places.map((place) => Deno.stat(place).catch(() => undefined)));
  return found.some((info) => info?.isFile);
}

/** The repository's folder. */
export const root = new URL("../..", import.meta.url).pathname;

/** One way in which the two programs can be run: from source, or compiled. */
export interface Programs {
  /** `source` or `compiled`, for the names of tests. */
  readonly kind: string;
  /** What a test needs in order to run them. */
  readonly needs: Needs;
  /** The command and its leading arguments. */
  readonly timesrv: readonly [string, ...string[]];
  /** The command and its leading arguments. */
  readonly timecli: readonly [string, ...string[]];
}

function fromSource(program: string, script: string): [string, ...string[]] {
  const flags = ["run", "--quiet", `-P=${program}`, "--no-prompt", "--config", `${root}deno.json`];
  // Deno tells a terminal of a cache of compiled code that cannot be opened: all of this machine's share one.
  flags.push("--no-code-cache");
  return [Deno.execPath(), ...flags, `${root}${script}`];
}

/** Both ways of running the programs; every end-to-end test goes over them. */
export async function bothPrograms(): Promise<Programs[]> {
  // Without these permissions the tests are going to be ignored anyway.
  const mayLook = await isGranted({ name: "env" }) && await isGranted({ name: "read" });
  const dist = mayLook ? Deno.env.get("TIMESRV_DIST") ?? `${root}dist` : "dist";
  return [
    {
      kind: "source",
      needs: { permissions: [{ name: "run" }, { name: "read" }] },
      timesrv: mayLook ? fromSource("timesrv", "server.ts") : ["deno"],
      timecli: mayLook ? fromSource("timecli", "client.ts") : ["deno"],
    },
    {
      kind: "compiled",
      needs: {
        permissions: [{ name: "run" }],
        files: [`${dist}/timesrv`, `${dist}/timecli`],
      },
      timesrv: [`${dist}/timesrv`],
      timecli: [`${dist}/timecli`],
    },
  ];
}

/** What a program did. */
export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end. */
export async function run(
  [command, ...args]: readonly [string, ...string[]],
  options: Omit<Deno.CommandOptions, "args" | "stdout" | "stderr"> = {},
): Promise<Outcome> {
  const output = await new Deno.Command(command, {
    stdin: "null",
    ...options,
    args,
    stdout: "piped",
    stderr: "piped",
  }).output();
  const decoder = new TextDecoder();
  return {
    code: output.code,
    stdout: decoder.decode(output.stdout),
    stderr: decoder.decode(output.stderr),
  };
}

/** A program that runs until it is told to stop, its standard error kept. */
export class Running implements AsyncDisposable {
  readonly child: Deno.ChildProcess;
  /** All it has written to standard error so far. */
  stderr = "";
  readonly #stderrEnd: Promise<void>;
  #heard: () => void = () => {};

  constructor(
    [command, ...args]: readonly [string, ...string[]],
    options: Omit<Deno.CommandOptions, "args" | "stderr"> = {},
  ) {
    this.child = new Deno.Command(command, {
      stdin: "null",
      stdout: "null",
      ...options,
      args,
      stderr: "piped",
    }).spawn();
    this.#stderrEnd = this.#read();
  }

  async #read(): Promise<void> {
    for await (const text of this.child.stderr.pipeThrough(new TextDecoderStream())) {
      this.stderr += text;
      this.#heard();
    }
    this.#heard();
  }

  /** Waits until standard error holds what the pattern describes. */
  async said(pattern: RegExp): Promise<RegExpExecArray> {
    let ended = false;
    void this.#stderrEnd.then(() => {
      ended = true;
      this.#heard();
    });
    while (true) {
      const match = pattern.exec(this.stderr);
      if (match) return match;
      if (ended) throw new Error(`It ended without saying ${pattern}, but: ${this.stderr}`);
      await new Promise<void>((resolve) => this.#heard = resolve);
    }
  }

  /** Sends a signal and waits for the end. */
  async stop(signal: Deno.Signal = "SIGTERM"): Promise<Deno.CommandStatus> {
    try {
      this.child.kill(signal);
    } catch (error) {
      // It may have ended by itself; its status tells.
      if (!(error instanceof TypeError)) throw error;
    }
    const status = await this.child.status;
    await this.#stderrEnd;
    return status;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop("SIGKILL");
  }
}

/** Starts a server program on a free port of 127.0.0.1 unless told otherwise, and learns its port. */
export async function startServer(
  command: readonly [string, ...string[]],
  args: readonly string[] = ["asctime://127.0.0.1:0"],
  options: Omit<Deno.CommandOptions, "args" | "stderr"> = {},
): Promise<{ server: Running; port: number }> {
  const server = new Running([...command, ...args], options);
  const [, port] = await server.said(/(?:udp \S+:|"port":)(\d+)/);
  return { server, port: Number(port) };
}

/** The figures of the line of totals in a text log. */
export function totalsOf(
  log: string,
): Record<"received" | "answered" | "refused" | "errors", number> {
  const [, ...figures] =
    /([\d,]+) received, ([\d,]+) answered(?: \(.*?\))?, ([\d,]+) refused.*, ([\d,]+) errors?\n$/
      .exec(log) ?? [];
  const [received = NaN, answered = NaN, refused = NaN, errors = NaN] = figures.map((figure) =>
    Number(figure.replaceAll(",", ""))
  );
  return { received, answered, refused, errors };
}
