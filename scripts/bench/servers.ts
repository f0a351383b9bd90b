/**
 * The servers that are compared: how each is started, how one knows that it answers, and how it is stopped.
 *
 * @module
 */

import { type DialectName, dialects } from "./dialects.ts";

/** A program and its arguments. */
export type CommandLine = readonly [program: string, ...args: string[]];

/** A server that can be started. */
export interface Contender {
  /** The name in the table. */
  readonly name: string;
  /** What it is asked in. */
  readonly protocol: DialectName;
  /** Whether it is of this project, or what that is compared with. */
  readonly isOurs: boolean;
  /** What to run, for a port of 127.0.0.1 and an empty directory. */
  readonly command: (port: number, directory: string) => CommandLine;
}

/** A server that answers. */
export interface RunningServer extends AsyncDisposable {
  readonly contender: Contender;
  readonly port: number;
  readonly pid: number;
  /** The most memory that was resident so far, in KiB, where the system tells. */
  readonly peakMemoryKib: () => number | undefined;
}

const ROOT = new URL("../../", import.meta.url);

/** How long a server may take until it answers. */
const START_TIMEOUT_MS = 10_000;

/** How often it is asked meanwhile. */
const PROBE_EVERY_MS = 20;

/** How long a server may take to stop before it is killed. */
const STOP_TIMEOUT_MS = 2000;

/**
 * Our server.
 *
 * @param scheme what it listens for
 * @param protocol what it is asked in
 * @param transport how it moves datagrams
 * @returns the contender
 */
export function timesrv(
  scheme: "asctime" | "ntp" | "auto",
  protocol: DialectName,
  transport: "datagram" | "mmsg",
): Contender {
  return {
    name: `timesrv ${scheme}:// (${transport})`,
    protocol,
    isOurs: true,
    command: (port) => [
      Deno.execPath(),
      "run",
      "-P=timesrv",
      "--no-prompt",
      new URL("server.ts", ROOT).pathname,
      "--quiet",
      "--transport",
      transport,
      `${scheme}://127.0.0.1:${port}`,
    ],
  };
}

/** The text server that everybody writes in class. */
export const pythonAsctime: Contender = {
  name: "Python asctime",
  protocol: "text",
  isOurs: false,
  command: (port) => ["python3", new URL("asctime_server.py", import.meta.url).pathname, `${port}`],
};

/**
 * A C program that answers NTP in batches and does nothing else: what a machine can give at all.
 *
 * @param program where it was compiled to
 * @returns the contender
 */
export function limit(program: string): Contender {
  return {
    name: "limit (C)",
    protocol: "ntp",
    isOurs: false,
    command: (port) => [program, `${port}`],
  };
}

/**
 * Compiles {@linkcode limit}'s program.
 *
 * @param directory where to
 * @returns the program
 * @throws {Error} when there is no C compiler, or it fails
 */
export async function compileLimit(directory: string): Promise<string> {
  const source = new URL("limit.c", import.meta.url).pathname;
  const program = `${directory}/limit`;
  await outputOf("compile the limit", ["cc", "-O2", "-o", program, source]);
  return program;
}

/**
 * The NTP server of most Linux systems. It serves the clock as it is and never sets it (`-x`), has no control port that
 * another chronyd's users could reach, and limits nobody's rate.
 *
 * @param program where it is
 * @returns the contender
 */
export function chronyd(program: string): Contender {
  return {
    name: "chronyd",
    protocol: "ntp",
    isOurs: false,
    command: (port, directory) => [
      program,
      ...["-x", "-d", "-U"],
      ...[`port ${port}`, "bindaddress 127.0.0.1", "allow 127.0.0.1", "local stratum 5"],
      ...["cmdport 0", "bindcmdaddress /", `pidfile ${directory}/pid`],
    ],
  };
}

/**
 * Starts a server and waits until it answers.
 *
 * @param contender which server
 * @param options where it runs, and what ends the wait early
 * @returns the server, which stops when it is disposed
 * @throws {Error} when it ends or stays silent
 */
export async function start(
  contender: Contender,
  options: { readonly core: number | undefined; readonly signal: AbortSignal },
): Promise<RunningServer> {
  const port = freePort();
  const directory = await Deno.makeTempDir({ prefix: "timesrv_bench_" });
  const [program, ...args] = pinned(contender.command(port, directory), options.core);
  const child = new Deno.Command(program, {
    args,
    cwd: ROOT,
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  let complaint = "";
  const complaining = (async () => {
    for await (const text of child.stderr.pipeThrough(new TextDecoderStream())) {
      complaint = (complaint + text).slice(-2000);
    }
  })();
  const state = { ended: false };
  const ended = child.status.then(({ code }) => {
    state.ended = true;
    return code;
  });
  const stop = async (): Promise<void> => {
    if (!state.ended) {
      child.kill("SIGTERM");
      const timer = setTimeout(() => child.kill("SIGKILL"), STOP_TIMEOUT_MS);
      await ended;
      clearTimeout(timer);
    }
    await complaining;
    await Deno.remove(directory, { recursive: true });
  };
  try {
    await untilAnswered(port, dialects[contender.protocol]().request, () => {
      options.signal.throwIfAborted();
      if (state.ended) throw new Error("it ended");
    });
  } catch (error) {
    await stop();
    options.signal.throwIfAborted();
    const reason = complaint.trim().split("\n").at(-1) || (error as Error).message;
    throw new Error(`Cannot start ${contender.name}: ${reason}`);
  }
  return {
    contender,
    port,
    pid: child.pid,
    peakMemoryKib: () => peakMemoryKib(child.pid),
    [Symbol.asyncDispose]: stop,
  };
}

/**
 * A command that runs on one core only.
 *
 * @param command the program and its arguments
 * @param core which core, or `undefined` for any
 * @returns the command to run instead
 */
export function pinned(command: CommandLine, core: number | undefined): CommandLine {
  // taskset becomes the program it starts, so its process id is the program's.
  return core === undefined ? command : ["taskset", "-c", `${core}`, ...command];
}

/**
 * Runs a program to its end.
 *
 * @param action what it is to do, for the message of a failure
 * @param command the program and its arguments
 * @param signal what ends it early
 * @returns what it printed, or where that is nothing, what it complained about
 * @throws {Error} with the last line of its complaint when it fails
 */
export async function outputOf(
  action: string,
  [program, ...args]: CommandLine,
  signal?: AbortSignal,
): Promise<string> {
  const command = new Deno.Command(program, { args, cwd: ROOT, ...signal && { signal } });
  const { success, stdout, stderr } = await command.output();
  signal?.throwIfAborted();
  const [output, complaint] = [stdout, stderr].map((text) => new TextDecoder().decode(text).trim());
  if (!success) {
    throw new Error(`Cannot ${action}: ${complaint?.split("\n").at(-1) || `${program} failed`}`);
  }
  return output || complaint || "";
}

function freePort(): number {
  const socket = Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.1", port: 0 });
  try {
    return (socket.addr as Deno.NetAddr).port;
  } finally {
    socket.close();
  }
}

async function untilAnswered(
  port: number,
  request: Uint8Array,
  check: () => void,
): Promise<void> {
  const socket = Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.1", port: 0 });
  try {
    const state = { answered: false };
    // Rejected when the socket is closed, and that is all right then.
    const answered = socket.receive().then(() => {
      state.answered = true;
    }).catch(() => {});
    const deadline = performance.now() + START_TIMEOUT_MS;
    while (!state.answered) {
      check();
      if (performance.now() > deadline) {
        throw new Error(`no reply within ${START_TIMEOUT_MS / 1000} s`);
      }
      await socket.send(request, { transport: "udp", hostname: "127.0.0.1", port });
      let timer: ReturnType<typeof setTimeout> | undefined;
      const pause = new Promise<void>((resolve) => timer = setTimeout(resolve, PROBE_EVERY_MS));
      await Promise.race([answered, pause]);
      clearTimeout(timer);
    }
  } finally {
    socket.close();
  }
}

function peakMemoryKib(pid: number): number | undefined {
  try {
    const status = Deno.readTextFileSync(`/proc/${pid}/status`);
    const [, kib] = /^VmHWM:\s*(\d+) kB$/m.exec(status) ?? [];
    return kib === undefined ? undefined : Number(kib);
  } catch {
    return undefined;
  }
}
