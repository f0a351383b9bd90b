/** The servers that are compared, and their command lines. */
import { fileURLToPath } from "node:url";
import { type CommandLine, outputOf, ROOT } from "./commands.ts";
import type { DialectName } from "../../src/load/dialects.ts";

/** A server that can be started. */
export interface Contender {
  /** The name in the table. */
  readonly name: string;
  /** The protocol of the requests. */
  readonly protocol: DialectName;
  /** Whether it is this project's, to be compared with the others. */
  readonly isOurs: boolean;
  /** Whether it may run on every core, the load generator's included. */
  readonly isOnAllCores?: boolean;
  /** The folder to run it in, when not this project's. */
  readonly folder?: string;
  /** The command line, for a port of 127.0.0.1 and an empty directory. */
  readonly command: (port: number, directory: string) => CommandLine;
  /** Makes the one request of its load, once it runs; each is another without it. */
  readonly makeRequest?: (port: number) => Promise<FixedRequest>;
}

/** A request that is sent again and again. */
export interface FixedRequest {
  readonly hex: string;
  readonly replyLength: number;
}

/** A contender that runs. */
export interface RunningServer extends AsyncDisposable {
  readonly contender: Contender;
  readonly port: number;
  readonly pid: number;
  readonly request?: FixedRequest | undefined;
}

/**
 * This project's server.
 *
 * @param further More arguments: options and other listeners
 */
export function timesrv(
  scheme: "asctime" | "ntp" | "auto",
  protocol: DialectName,
  transport: "datagram" | "mmsg",
  further: readonly string[] = [],
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
      fileURLToPath(new URL("server.ts", ROOT)),
      "--quiet",
      "--transport",
      transport,
      ...further,
      `${scheme}://127.0.0.1:${port}`,
    ],
  };
}

/** The same server from another checkout of this project. */
export function before(contender: Contender, folder: string): Contender {
  const server = fileURLToPath(new URL("server.ts", ROOT));
  return {
    ...contender,
    name: `${contender.name} before`,
    folder,
    isOurs: false,
    command: (port, directory) => {
      const [program, ...args] = contender.command(port, directory);
      return [program, ...args.map((arg) => arg === server ? `${folder}/server.ts` : arg)];
    },
  };
}

const ASCTIME_SERVER = fileURLToPath(new URL("asctime_server.py", import.meta.url));

/** The usual exercise of a class. */
export const pythonAsctime: Contender = {
  name: "Python asctime",
  protocol: "text",
  isOurs: false,
  command: (port) => ["python3", ASCTIME_SERVER, `${port}`],
};

/** A C program that answers NTP in batches and does nothing else: the limit of the machine. */
export function limit(program: string): Contender {
  return {
    name: "limit (C)",
    protocol: "ntp",
    isOurs: false,
    command: (port) => [program, `${port}`],
  };
}

/**
 * Compiles the program of {@linkcode limit}.
 *
 * @throws {Error} If there is no C compiler, or it fails
 */
export async function compileLimit(directory: string): Promise<string> {
  const source = fileURLToPath(new URL("limit.c", import.meta.url));
  const program = `${directory}/limit`;
  await outputOf("compile the limit", ["cc", "-O2", "-o", program, source]);
  return program;
}

/**
 * The NTP server of most Linux systems. It never sets the clock (`-x`), has no control port that could conflict with
 * another chronyd, and no rate limit. It keeps its user (`-u root`), as its own may not exist.
 */
export function chronyd(
  program: string,
  { name = "chronyd", lines = ["local stratum 5"] }: {
    readonly name?: string;
    /** The lines of its configuration that name its source of time, and others. */
    readonly lines?: readonly string[];
  } = {},
): Contender {
  return {
    name,
    protocol: "ntp",
    isOurs: false,
    command: (port, directory) => [
      program,
      ...["-x", "-d", "-U", "-u", "root"],
      ...[`port ${port}`, "bindaddress 127.0.0.1", "allow 127.0.0.1", ...lines],
      ...["cmdport 0", "bindcmdaddress /", `pidfile ${directory}/pid`],
    ],
  };
}
