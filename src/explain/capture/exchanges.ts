/** Which datagrams of a capture are requests for the time, and which their replies. */
import { decodeNtpPacket, mode, NTP_HEADER_LENGTH } from "../../protocols/ntp/packet.ts";
import { defaultPorts, formatAddress } from "../../protocols/endpoint.ts";
import type { WireProtocol } from "../explanation.ts";
import type { Datagram } from "./datagram.ts";

/** A request, and its reply if the capture has one. */
export interface CapturedExchange {
  /** The protocol spoken. */
  readonly protocol: WireProtocol;
  /** What was asked. */
  readonly request: Datagram;
  /** What was answered. */
  readonly reply?: Datagram;
}

/** Requests of one socket to one server that may still be answered; a flood of them would take for ever. */
const MOST_OPEN = 64;

/**
 * Finds the exchanges, in the order of their requests.
 *
 * @param datagrams All datagrams, in order of time
 * @param protocol What all of them speak; without it their ports and octets tell
 * @returns The requests for the time, with their replies; what is neither is left out
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
  /** Requests without a reply, by who asked whom. */
  const open = new Map<string, typeof exchanges>();
  for (const datagram of datagrams) {
    const asked = open.get(flowOf(datagram.to, datagram.from)) ?? [];
    const answered = asked.find((exchange) => belongs(exchange, datagram)) ??
      (isNtpRequest(datagram.octets) ? undefined : asked[0]);
    if (answered) {
      answered.reply = datagram;
      asked.splice(asked.indexOf(answered), 1);
      continue;
    }
    const spoken = protocol ?? protocolOf(datagram);
    if (spoken === undefined) continue;
    const exchange = { protocol: spoken, request: datagram };
    exchanges.push(exchange);
    const flow = flowOf(datagram.from, datagram.to);
    const before = open.get(flow) ?? [];
    before.push(exchange);
    if (before.length > MOST_OPEN) before.shift();
    open.set(flow, before);
  }
  return exchanges;
}

function flowOf(from: Datagram["from"], to: Datagram["to"]): string {
  return `${formatAddress(from)} ${formatAddress(to)}`;
}

/** A reply of NTP says which request it answers. */
function belongs({ protocol, request }: CapturedExchange, { octets }: Datagram): boolean {
  return protocol === "ntp" && octets.length >= NTP_HEADER_LENGTH &&
    request.octets.length >= NTP_HEADER_LENGTH &&
    decodeNtpPacket(octets).originTimestamp === decodeNtpPacket(request.octets).transmitTimestamp;
}

/** What a request speaks; undefined if it asks for no time, as far as can be told. */
function protocolOf({ to, octets }: Datagram): WireProtocol | undefined {
  if (isNtpRequest(octets)) return "ntp";
  switch (to.port) {
    case defaultPorts.time:
      return "time";
    case defaultPorts.daytime:
      return "daytime";
    case defaultPorts.asctime:
      return "asctime";
    default:
      return undefined;
  }
}

/** Whether octets are what an NTP client sends. */
export function isNtpRequest(octets: Uint8Array): boolean {
  if (octets.length < NTP_HEADER_LENGTH || octets.length % 4 !== 0) return false;
  const packet = decodeNtpPacket(octets);
  const asks = packet.mode === mode.client || packet.mode === mode.symmetricActive;
  return asks && packet.version >= 1 && packet.version <= 4;
}
