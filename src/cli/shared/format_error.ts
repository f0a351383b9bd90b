/** Errors as lines for people. */
import { parseEndpoint } from "../../protocols/endpoint.ts";
import { QueryError } from "../../protocols/failure.ts";
import { protocols } from "../../protocols/registry.ts";
import { isLoopback } from "../../system/address.ts";
import { environmentVariable } from "../../system/permission.ts";
import { escapeLine } from "../../text/printable.ts";
import { ListenError, type ListenFailure } from "../../transports/listen_error.ts";

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
