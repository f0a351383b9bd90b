import { QueryError, type QueryFailure } from "../../protocols/failure.ts";
import { parseEndpoint } from "../../protocols/endpoint.ts";
import { protocols } from "../../protocols/registry.ts";
import { isLoopback } from "../../system/address.ts";
import { ListenError, type ListenFailure } from "../../transports/listen_error.ts";
import { escapeLine } from "../../text/printable.ts";
import { environmentVariable } from "../../system/environment.ts";
import { UsageError } from "./usage_error.ts";
import { writeText } from "./write_text.ts";

/** A program of this project. */
export type ProgramName = "timesrv" | "timecli";

/** Ends a program that has said all there is to say: help, or what is wrong with a command line. */
export class SaidError extends Error {
  override readonly name = "SaidError";
  /** What it ends with. */
  readonly exitCode: number;

  constructor(exitCode: number, options?: ErrorOptions) {
    super(`It ends with ${exitCode}`, options);
    this.exitCode = exitCode;
  }
}

/** The exit code of each way in which a query brings no usable time. */
export const queryExitCodes: Readonly<Record<QueryFailure, number>> = {
  "timeout": 3,
  "refused": 4,
  "unknown-host": 5,
  "unreachable": 6,
  "not-a-time": 7,
  "kiss-o-death": 8,
  "unsynchronized": 9,
  "bogus-reply": 10,
  "unusable": 11,
};

const queryFailures: Readonly<Record<QueryFailure, string>> = {
  "timeout": "no reply in time",
  "refused": "nothing listens there (known for this machine's addresses only)",
  "unknown-host": "the host is unknown",
  "unreachable": "the network would not carry the request",
  "not-a-time": "the reply is not a time",
  "kiss-o-death": "the server refuses service (kiss-o'-death)",
  "unsynchronized": "the server says that it is not synchronised",
  "bogus-reply": "only replies that do not belong to the request",
  "unusable": "the reply contradicts itself, or its error bound is beyond use",
};

/** The exit codes of queries as help lists them. */
export function queryExitCodesHelp(): string {
  return Object.entries(queryExitCodes)
    .map(([reason, code]) =>
      `${String(code).padStart(3)}  ${queryFailures[reason as QueryFailure]}`
    )
    .join("\n");
}

/** Runs a program to its end, as {@linkcode settle} does, and ends the process. */
export async function runToExit(
  name: ProgramName,
  main: () => Promise<number | void>,
): Promise<never> {
  Deno.exit(await settle(name, main));
}

/**
 * Runs a program, or a part of it: whatever it throws becomes one line on standard error and an exit
 * code, never a stack trace.
 *
 * @param name How the line begins
 * @param main The program; it may return an exit code of its own
 * @returns The exit code
 */
export async function settle(
  name: ProgramName,
  main: () => Promise<number | void>,
): Promise<number> {
  try {
    return await main() ?? 0;
  } catch (error) {
    const message = describer()(error);
    if (message !== undefined) report(`${name}: ${message}\n`);
    return exitCodeOf(error);
  }
}

/** The exit code that an error stands for; 0 for none. */
export function exitCodeOf(error: unknown): number {
  if (error === undefined) return 0;
  if (error instanceof SaidError) return error.exitCode;
  if (error instanceof UsageError) return 2;
  if (error instanceof QueryError) return queryExitCodes[error.reason];
  return 1;
}

/** One line for people, with what to do about it; nothing if it has been said. */
export function describe(error: unknown): string | undefined {
  const message = messageOf(error);
  return message === undefined ? undefined : escapeLine(message);
}

/**
 * Makes what describes errors, as {@linkcode describe} does, and says of the first server of this
 * machine that is not there how to start it: to be read once is enough.
 */
export function describer(): (error: unknown) => string | undefined {
  let hasAdvised = false;
  return (error) => {
    const message = describe(error);
    const url = error instanceof QueryError ? error.url : undefined;
    if (message === undefined || url === undefined || hasAdvised) return message;
    const { protocol, hostname, port } = parseEndpoint(url);
    if (!isLoopback(hostname)) return message;
    hasAdvised = true;
    // There it listens by itself, on a port of "auto".
    const isDefault = hostname === "127.0.0.1" && port === 8888 &&
      protocols[protocol].isSpokenByAuto;
    return `${message}; a server starts there with: timesrv${isDefault ? "" : ` ${url}`}`;
  };
}

function messageOf(error: unknown): string | undefined {
  // A reader that has closed the pipe (`| head`) has read enough.
  if (error instanceof SaidError || error instanceof Deno.errors.BrokenPipe) return undefined;
  if (error instanceof ListenError) return error.message + listenAdvice(error);
  if (error instanceof Deno.errors.NotCapable) {
    return `Deno has not been given a permission: ${error.message}`;
  }
  return error instanceof Error ? error.message : String(error);
}

function listenAdvice({ reason, hostname, port }: ListenError): string {
  const otherPort = port === 8888 ? 8889 : 8888;
  const host = hostname.includes(":") ? `[${hostname}]` : hostname;
  const advice: Partial<Record<ListenFailure, string>> = {
    "in-use": `; stop the program that has it, or take another: timesrv ${host}:${otherPort}`,
    "not-permitted": port < 1024 ? `; take a port of 1024 or above, or ${wayToAllow(port)}` : "",
    "not-of-this-machine": isLoopback(hostname) ? "" : "; 0.0.0.0 and [::] stand for all that are",
  };
  return advice[reason] ?? "";
}

/** How whoever runs this may be given a port below 1024; docs/deployment.md has it at length. */
function wayToAllow(port: number): string {
  if (Deno.build.os !== "linux") return "run it as root";
  // systemd sets it for services of type "notify".
  if (environmentVariable("NOTIFY_SOCKET") !== undefined) {
    return "give its unit AmbientCapabilities=CAP_NET_BIND_SERVICE";
  }
  // On the file of a Deno, or of a launcher, it would be for all scripts or for nothing.
  if (Deno.build.standalone) return "allow this file to: setcap cap_net_bind_service=ep timesrv";
  return `allow it: sysctl net.ipv4.ip_unprivileged_port_start=${port}`;
}

/** Writes to standard error, if that can be. */
export function report(line: string): void {
  try {
    writeText(Deno.stderr, line);
  } catch {
    // Standard error is gone; the exit code still tells.
  }
}
