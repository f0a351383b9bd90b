/** Finds the requests for the time in a capture, and their replies. */
import { formatAddress } from "../../protocols/endpoint.ts";
import { protocols, type WireProtocol, wireProtocols } from "../../protocols/registry.ts";
import { wireFormats } from "../wire_formats.ts";
import type { Datagram } from "./datagram.ts";

/** A request, and its reply if the capture has one. */
export interface CapturedExchange {
  /** The protocol spoken. */
  readonly protocol: WireProtocol;
  /** The request. */
  readonly request: Datagram;
  /** The reply. */
  readonly reply?: Datagram;
}

/** Requests of one socket to one server that may still be answered: a flood of them would take forever. */
const MAX_OPEN = 64;

/**
 * Finds the exchanges, in the order of their requests.
 *
 * @param datagrams All datagrams, in order of time
 * @param protocol The protocol of all of them; by default, that of their ports and octets
 * @returns The requests for the time, with their replies; anything else is left out
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { exchangesOf } from "@timesrv/timesrv/explain";
 *
 * const client = { hostname: "192.0.2.1", port: 4000 };
 * const server = { hostname: "192.0.2.2", port: 37 };
 * const time = Temporal.Instant.from("1970-01-01T00:00:00.5Z");
 * const request = { time, from: client, to: server, octets: new Uint8Array() };
 * const reply = { time, from: server, to: client, octets: Uint8Array.fromHex("83aa7e80") };
 * assertEquals(exchangesOf([request, reply]), [{ protocol: "time", request, reply }]);
 * ```
 */
export function exchangesOf(
  datagrams: readonly Datagram[],
  protocol?: WireProtocol,
): CapturedExchange[] {
  const exchanges: { -readonly [Key in keyof CapturedExchange]: CapturedExchange[Key] }[] = [];
  /** Requests without a reply, by client and server. */
  const open = new Map<string, typeof exchanges>();
  for (const datagram of datagrams) {
    const waiting = open.get(flowOf(datagram.to, datagram.from)) ?? [];
    const answered = waiting.find((exchange) => belongs(exchange, datagram)) ??
      (protocolByForm(datagram.octets) ? undefined : waiting[0]);
    if (answered) {
      answered.reply = datagram;
      waiting.splice(waiting.indexOf(answered), 1);
      continue;
    }
    const name = protocol ?? protocolOf(datagram);
    if (name === undefined) continue;
    const exchange = { protocol: name, request: datagram };
    exchanges.push(exchange);
    const flow = flowOf(datagram.from, datagram.to);
    const before = open.get(flow) ?? [];
    before.push(exchange);
    if (before.length > MAX_OPEN) before.shift();
    open.set(flow, before);
  }
  return exchanges;
}

function flowOf(from: Datagram["from"], to: Datagram["to"]): string {
  return `${formatAddress(from)} ${formatAddress(to)}`;
}

/** Whether a datagram names the request of an exchange as its own. */
function belongs({ protocol, request }: CapturedExchange, { octets }: Datagram): boolean {
  return wireFormats[protocol].isReplyTo?.(octets, request.octets) ?? false;
}

/** The protocol of a request; undefined if it asks for no time, as far as can be seen. */
function protocolOf({ to, octets }: Datagram): WireProtocol | undefined {
  return protocolByForm(octets) ??
    wireProtocols.find((name) => !wireFormats[name].isRequest && protocols[name].port === to.port);
}

function protocolByForm(octets: Uint8Array): WireProtocol | undefined {
  return wireProtocols.find((name) => wireFormats[name].isRequest?.(octets));
}
