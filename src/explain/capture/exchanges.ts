import { type Fields, oneOf, UNNAMED, whole } from "../../options/field.ts";
import { readOptions } from "../../options/read.ts";
import { formatAddress } from "../../protocols/endpoint.ts";
import type { WireFormat } from "../../protocols/protocol.ts";
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

/** The protocol and port of the exchanges to find, where they are known. */
export interface FindExchangesOptions {
  /** The protocol of all of them; by default, that of their ports. */
  readonly protocol?: WireProtocol | undefined;
  /** The port of the servers; by default, that of the protocol. On a port of no protocol, NTP is assumed. */
  readonly port?: number | undefined;
}

export const findFields: Fields<FindExchangesOptions> = {
  protocol: oneOf(wireProtocols, UNNAMED),
  port: whole(1, 65_535, UNNAMED),
};

type Found = { -readonly [Key in keyof CapturedExchange]: CapturedExchange[Key] };

/** A reply answers one of the latest requests of its socket: to look through a flood of them would take forever. */
export const MAX_OPEN = 64;

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
  readOptions(findFields, options, "exchangesOf");
  const sorted = datagrams.toSorted((a, b) => Temporal.Instant.compare(a.time, b.time));
  const exchanges: Found[] = [];
  /** Requests on other ports, which only a reply makes one. */
  const doubtful = new Set<Found>();
  /** Requests without a reply, by client and server. */
  const open = new Map<string, Found[]>();
  for (const datagram of sorted) {
    const { from, to, octets } = datagram;
    const waiting = open.get(flowOf(to, from)) ?? [];
    const answered = waiting.slice(-MAX_OPEN).findLast(({ protocol, request }) =>
      request !== undefined && fits(protocol, octets, request.octets)
    );
    if (answered) {
      answered.reply = datagram;
      doubtful.delete(answered);
      waiting.splice(waiting.lastIndexOf(answered), 1);
      continue;
    }
    const role = roleOf(from.port, to.port, octets, options);
    if (role === undefined) continue;
    const { protocol, part, isDoubtful } = role;
    const exchange: Found = { protocol, [part]: datagram };
    exchanges.push(exchange);
    if (part === "reply") continue;
    if (isDoubtful) doubtful.add(exchange);
    const flow = flowOf(from, to);
    const others = open.get(flow);
    if (others) others.push(exchange);
    else open.set(flow, [exchange]);
  }
  return exchanges.filter((exchange) => !doubtful.has(exchange));
}

function flowOf(from: Datagram["from"], to: Datagram["to"]): string {
  return `${formatAddress(from)} ${formatAddress(to)}`;
}

/** The role of a datagram that answers no request, by its ports and its form. */
interface Role {
  readonly protocol: WireProtocol;
  readonly part: "request" | "reply";
  /** Whether it is on another port, where only a reply makes it a request. */
  readonly isDoubtful: boolean;
}

export function roleOf(
  fromPort: number,
  toPort: number,
  octets: Uint8Array,
  options: FindExchangesOptions,
): Role | undefined {
  const requested = protocolAt(toPort, options);
  if (requested !== undefined && (wireFormats[requested].isRequest?.(octets) ?? true)) {
    return { protocol: requested, part: "request", isDoubtful: false };
  }
  const replying = protocolAt(fromPort, options);
  if (replying !== undefined && (wireFormats[replying].isReply?.(octets) ?? true)) {
    return { protocol: replying, part: "reply", isDoubtful: false };
  }
  const protocol = protocolByForm(options, ({ isRequest }) => isRequest?.(octets));
  return protocol && { protocol, part: "request", isDoubtful: true };
}

/** Whether a datagram may be part of an exchange: most of a capture is not. */
export function mayBelong(
  fromPort: number,
  toPort: number,
  octets: Uint8Array,
  options: FindExchangesOptions,
): boolean {
  return roleOf(fromPort, toPort, octets, options) !== undefined ||
    protocolAt(fromPort, options) !== undefined ||
    protocolByForm(options, ({ isReply }) => isReply?.(octets)) !== undefined;
}

/** Whether a datagram, which goes the way of a reply, is the reply to a request. */
export function fits(protocol: WireProtocol, reply: Uint8Array, request: Uint8Array): boolean {
  const { isReply, isReplyTo } = wireFormats[protocol];
  return isReplyTo?.(reply, request) ?? isReply?.(reply) ?? true;
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

/** The protocol whose replies show by their fields whose they are, and whose form is that of a datagram. */
function protocolByForm(
  { protocol, port }: FindExchangesOptions,
  hasForm: (format: WireFormat) => boolean | undefined,
): WireProtocol | undefined {
  if (port !== undefined) return undefined;
  return wireProtocols.find((name) =>
    (protocol === undefined || protocol === name) && wireFormats[name].isReplyTo !== undefined &&
    hasForm(wireFormats[name])
  );
}
