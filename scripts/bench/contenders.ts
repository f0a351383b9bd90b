/**
 * The servers that are compared, and how each is run.
 *
 * @module
 */

import { fileURLToPath } from "node:url";
import { type CommandLine, outputOf, ROOT } from "./commands.ts";
import type { DialectName } from "../../src/load/dialects.ts";

/** A server that can be started. */
export interface Contender {
  /** The name in the table. */
  readonly name: string;
  /** What it is asked in. */
  readonly protocol: DialectName;
  /** Whether it is of this project, or what that is compared with. */
  readonly isOurs: boolean;
  /** Whether it may run on every core, that of the load generator too. */
  readonly isOnAllCores?: boolean;
  /** The folder to run it in, when not this project's. */
  readonly folder?: string;
  /** What to run, for a port of 127.0.0.1 and an empty directory. */
  readonly command: (port: number, directory: string) => CommandLine;
}

/**
 * Our server.
 *
 * @param scheme what it listens for
 * @param protocol what it is asked in
 * @param transport how it moves datagrams
 * @param further more of its command line: options, and other listeners
 * @returns the contender
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

/**
 * The same server as built from another checkout of this project.
 *
 * @param contender a server of this project
 * @param folder the other checkout
 * @returns the contender
 */
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

/** The text server that everybody writes in class. */
export const pythonAsctime: Contender = {
  name: "Python asctime",
  protocol: "text",
  isOurs: false,
  command: (
    port,
  ) => ["python3", fileURLToPath(new URL("asctime_server.py", import.meta.url)), `${port}`],
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
  const source = fileURLToPath(new URL("limit.c", import.meta.url));
  const program = `${directory}/limit`;
  await outputOf("compile the limit", ["cc", "-O2", "-o", program, source]);
  return program;
}

/**
 * The NTP server of most Linux systems. It serves the clock as it is and never sets it (`-x`), has no control port that
 * another chronyd's users could reach, and limits nobody's rate. It stays who starts it (`-u root`), as the user of its own
 * that it would become may not be there.
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
      ...["-x", "-d", "-U", "-u", "root"],
      ...[`port ${port}`, "bindaddress 127.0.0.1", "allow 127.0.0.1", "local stratum 5"],
      ...["cmdport 0", "bindcmdaddress /", `pidfile ${directory}/pid`],
    ],
  };
}
