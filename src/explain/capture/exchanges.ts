import { formatAddress } from "../../protocols/endpoint.ts";
import { protocols, type WireProtocol, wireProtocols } from "../../protocols/registry.ts";
import { wireFormats } from "../wire_formats.ts";
import type { Datagram } from "./datagram.ts";

/** A request and its reply, or one of them where the capture lacks the other. */
export interface CapturedExchange {
  /** The protocol spoken. */
  readonly protocol: WireProtocol;
  /** The request. */
  readonly request?: Datagram;
  /** The reply. */
  readonly reply?: Datagram;
}

/** What is known of the exchanges to find. */
export interface FindExchangesOptions {
  /** The protocol of all of them; by default, that of their ports. */
  readonly protocol?: WireProtocol | undefined;
  /** The port of the servers; by default, that of the protocol. On a port of no protocol, NTP is assumed. */
  readonly port?: number | undefined;
}

type Found = { -readonly [Key in keyof CapturedExchange]: CapturedExchange[Key] };

/** Requests of one socket to one server that may still be answered: a flood of them would take forever. */
const MAX_OPEN = 64;

/**
 * Finds the exchanges of time services, in the order of time.
 *
 * A datagram belongs to a service by its port. On other ports, only an NTP request counts whose reply fits
 * it in every field: DNS, QUIC and SIP have packets that look like NTP requests.
 *
 * @param datagrams All datagrams, in any order: captures of several interfaces mix them
 * @param options The protocol and the port, where they are known
 * @returns The requests with their replies, and replies without a request; anything else is left out
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
 * const later = time.add({ milliseconds: 20 });
 * const reply = { time: later, from: server, to: client, octets: Uint8Array.fromHex("83aa7e80") };
 * assertEquals(exchangesOf([reply, request]), [{ protocol: "time", request, reply }]);
 * ```
 */
export function exchangesOf(
  datagrams: readonly Datagram[],
  options: FindExchangesOptions = {},
): CapturedExchange[] {
  const sorted = datagrams.toSorted((a, b) => Temporal.Instant.compare(a.time, b.time));
  const exchanges: Found[] = [];
  /** Requests on other ports, which only a reply makes one. */
  const doubtful = new Set<Found>();
  /** Requests without a reply, by client and server. */
  const open = new Map<string, Found[]>();
  for (const datagram of sorted) {
    const waiting = open.get(flowOf(datagram.to, datagram.from)) ?? [];
    const answered = waiting.findLast((exchange) => fits(datagram, exchange));
    if (answered) {
      answered.reply = datagram;
      doubtful.delete(answered);
      waiting.splice(waiting.indexOf(answered), 1);
      continue;
    }
    const { octets } = datagram;
    const asked = protocolAt(datagram.to.port, options);
    const isRequest = asked !== undefined && (wireFormats[asked].isRequest?.(octets) ?? true);
    const answering = isRequest ? undefined : protocolAt(datagram.from.port, options);
    if (answering !== undefined && (wireFormats[answering].isReply?.(octets) ?? true)) {
      exchanges.push({ protocol: answering, reply: datagram });
      continue;
    }
    const protocol = isRequest ? asked : protocolByForm(octets, options);
    if (protocol === undefined) continue;
    const exchange: Found = { protocol, request: datagram };
    if (!isRequest) doubtful.add(exchange);
    exchanges.push(exchange);
    const flow = flowOf(datagram.from, datagram.to);
    open.set(flow, [...open.get(flow) ?? [], exchange].slice(-MAX_OPEN));
  }
  return exchanges.filter((exchange) => !doubtful.has(exchange));
}

function flowOf(from: Datagram["from"], to: Datagram["to"]): string {
  return `${formatAddress(from)} ${formatAddress(to)}`;
}

/** Whether a datagram, which goes the way of a reply, is the reply to a request. */
function fits({ octets }: Datagram, { protocol, request }: Found): boolean {
  const { isReply, isReplyTo } = wireFormats[protocol];
  if (request === undefined) return false;
  return isReplyTo?.(octets, request.octets) ?? isReply?.(octets) ?? true;
}

function protocolAt(
  port: number,
  { protocol, port: given }: FindExchangesOptions,
): WireProtocol | undefined {
  if (given !== undefined) return port === given ? protocol ?? nameOf(port) ?? "ntp" : undefined;
  if (protocol === undefined) return nameOf(port);
  return protocols[protocol].port === port ? protocol : undefined;
}

function nameOf(port: number): WireProtocol | undefined {
  return wireProtocols.find((name) => protocols[name].port === port);
}

/** The protocol whose replies show by their fields whose they are. */
function protocolByForm(
  octets: Uint8Array,
  { protocol, port }: FindExchangesOptions,
): WireProtocol | undefined {
  if (port !== undefined) return undefined;
  return wireProtocols.find((name) =>
    (protocol === undefined || protocol === name) && wireFormats[name].isReplyTo !== undefined &&
    wireFormats[name].isRequest?.(octets)
  );
}
