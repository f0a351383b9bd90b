/** The errors of both programs: mistakes on the command line, lines for people, exit codes. */
import { parseEndpoint, parseTarget } from "../../protocols/endpoint.ts";
import { QueryError, type QueryFailure } from "../../protocols/failure.ts";
import { protocols } from "../../protocols/registry.ts";
import { isLoopback } from "../../system/address.ts";
import { environmentVariable } from "../../system/permission.ts";
import { escapeLine } from "../../text/printable.ts";
import { ListenError, type ListenFailure } from "../../transports/listen_error.ts";
import { writeProblem } from "./output.ts";

/** A mistake on the command line. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** Runs a parser; its `SyntaxError` or `RangeError` becomes a {@linkcode UsageError}. */
export function asArgumentError<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    const isMistake = error instanceof SyntaxError || error instanceof RangeError;
    throw isMistake ? new UsageError(error.message, { cause: error }) : error;
  }
}

/** Checks URLs before anything is started or queried; throws a {@linkcode UsageError} for the first mistake. */
export function checkUrls(
  urls: readonly string[],
  parse: (url: string) => unknown = parseTarget,
): void {
  for (const url of urls) asArgumentError(() => parse(url));
}

/** The exit code of each way in which a query brings no usable time. */
export const queryExitCodes: Readonly<Record<QueryFailure, number>> = {
  "timeout": 3,
  "refused": 4,
  "unknown_host": 5,
  "unreachable": 6,
  "not_a_time": 7,
  "kiss_o_death": 8,
  "unsynchronized": 9,
  "bogus_reply": 10,
  "unusable": 11,
  "no_name_server": 12,
  "not_authentic": 13,
  "nts_ke": 14,
};

/** The exit codes of `timecli compare` for servers that disagree. */
export const disagreementExitCodes = { falseticker: 20, noMajority: 21 } as const;

/** Runs a program: an error becomes one line on standard error and an exit code, never a stack trace. */
export async function runToExitCode(
  name: "timesrv" | "timecli",
  main: () => Promise<number | void>,
): Promise<number> {
  try {
    return await main() ?? 0;
  } catch (error) {
    // A reader that has closed the pipe (`| head`) has read enough.
    if (!(error instanceof Deno.errors.BrokenPipe)) {
      writeProblem(`${name}: ${errorFormatter()(error)}\n`);
    }
    return exitCodeFor(error);
  }
}

export function exitCodeFor(error: unknown): number {
  if (error === undefined) return 0;
  if (error instanceof UsageError) return 2;
  if (error instanceof QueryError) return queryExitCodes[error.reason];
  return 1;
}

/** Formats an error on one line, with advice. */
export function formatError(error: unknown): string {
  return escapeLine(messageOf(error));
}

/**
 * Returns a function like {@linkcode formatError} that also explains, once, how to start a server on
 * this machine where none listens.
 */
export function errorFormatter(): (error: unknown) => string {
  let hasAdvised = false;
  return (error) => {
    const message = formatError(error);
    const url = error instanceof QueryError ? error.url : undefined;
    if (url === undefined || hasAdvised) return message;
    const { protocol, hostname, port } = parseEndpoint(url);
    if (!isLoopback(hostname)) return message;
    hasAdvised = true;
    // Without arguments it listens there, on a port of "auto".
    const isDefault = hostname === "127.0.0.1" && port === 8888 &&
      protocols[protocol].isSpokenByAuto;
    // A server to learn with is rather on the default port, which needs no root.
    const elsewhere = protocol === "ntp" && port === 123
      ? " (without a URL it serves ntp://127.0.0.1:8888)"
      : "";
    const command = `${serveCommand()}${isDefault ? "" : ` ${url}`}`;
    return `${message}; a server starts there with: ${command}${elsewhere}`;
  };
}

/** The command that runs the server: from source there is no `timesrv`. */
export function serveCommand(): string {
  // An executable has this module in a bundle.
  const isSource = !Deno.build.standalone && import.meta.url.endsWith(".ts");
  return isSource ? "deno task serve" : "timesrv";
}

function messageOf(error: unknown): string {
  if (error instanceof ListenError) return error.message + listenAdvice(error);
  if (error instanceof Deno.errors.NotCapable) {
    return error.message.startsWith("to ")
      ? `No permission ${error.message}`
      : `No permission: ${error.message}`;
  }
  return error instanceof Error ? error.message : String(error);
}

function listenAdvice({ reason, hostname, port }: ListenError): string {
  const advice: Partial<Record<ListenFailure, string>> = {
    "in_use": "; stop the program that uses it, or choose another port (0 is any free one)",
    "not_permitted": adviceOnPermission(port),
    "not_of_this_machine": isLoopback(hostname)
      ? ""
      : "; 0.0.0.0 and [::] stand for all addresses of this machine",
  };
  return advice[reason] ?? "";
}

function adviceOnPermission(port: number): string {
  // It knows no low ports, but lends ranges of them to virtual machines.
  if (Deno.build.os === "windows") {
    return "; choose another port (netsh int ipv4 show excludedportrange udp lists those of Windows)";
  }
  return port < 1024 ? `; use a port of 1024 or above, or ${wayToPermit(port)}` : "";
}

/** How a user may be permitted to bind a port below 1024; docs/deployment.md explains it. */
function wayToPermit(port: number): string {
  if (Deno.build.os !== "linux") return "run it as root";
  // systemd sets it for services of type "notify".
  if (environmentVariable("NOTIFY_SOCKET")) {
    return "give its unit AmbientCapabilities=CAP_NET_BIND_SERVICE";
  }
  // For the file of Deno or of a launcher it would apply to all scripts, or to none.
  if (Deno.build.standalone) return "permit this file to: setcap cap_net_bind_service=ep timesrv";
  return `permit it: sysctl net.ipv4.ip_unprivileged_port_start=${port}`;
}
