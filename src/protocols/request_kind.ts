/** The protocol of a request, by its octets alone: for logs and counts of clients, of refused requests too. */
import { field, mode, NTP_HEADER_LENGTH } from "./ntp/packet.ts";
import { isPrintable } from "./octets.ts";
import { type Protocol, protocols, type WireProtocol, wireProtocols } from "./registry.ts";

/** The protocol of a request, and where it is an NTP packet its version and mode. */
export interface RequestKind {
  /** The protocol: on an `auto` listener `ntp`, or `asctime` for text. */
  readonly protocol: WireProtocol;
  /** The NTP version, 0 to 7. */
  readonly version?: number;
  /** The NTP mode, 0 to 7. */
  readonly mode?: number;
}

/** Beside the first octet of an NTP packet, and below the place of the protocol in the registry. */
const IS_PACKET = 1 << 8;
const PROTOCOL_SHIFT = 9;

const codes = Object.fromEntries(
  wireProtocols.map((protocol, i) => [protocol, i << PROTOCOL_SHIFT]),
) as Readonly<Record<WireProtocol, number>>;

/** Puts the kind of a request to a listener into a number, which threads can share. Allocates nothing. */
export function encodeKind(protocol: Protocol, request: Uint8Array): number {
  if (protocol !== "ntp" && protocol !== "auto") return codes[protocol];
  const flags = request[field.flags] as number;
  const isPacket = request.length >= NTP_HEADER_LENGTH &&
    (protocol === "ntp" || isNtp(flags) && !isPrintable(request));
  if (isPacket) return codes.ntp | IS_PACKET | flags;
  return protocol === "ntp" ? codes.ntp : codes.asctime;
}

/** As the service of `auto` decides: version 1 had no mode, and no NTP has version 0. */
function isNtp(flags: number): boolean {
  const version = flags >> 3 & 7;
  return version >= 1 && version <= 4 && ((flags & 7) !== mode.reserved || version === 1);
}

/** Reads what {@linkcode encodeKind} wrote. */
export function decodeKind(code: number): RequestKind {
  const protocol = wireProtocols[code >> PROTOCOL_SHIFT] ?? "asctime";
  return (code & IS_PACKET) === 0
    ? { protocol }
    : { protocol, version: code >> 3 & 7, mode: code & 7 };
}

const modeNames = [
  "reserved",
  "symmetric active",
  "symmetric passive",
  "client",
  "server",
  "broadcast",
  "control",
  "private",
];

/** Formats the protocol of a kind, with the NTP version where there is one: `text`, `NTP v4`. */
export function formatKind(
  { protocol, version = null }: {
    readonly protocol: WireProtocol;
    readonly version?: number | null;
  },
): string {
  // A server of a later version may know others.
  const name = Object.hasOwn(protocols, protocol) ? protocols[protocol].label : protocol;
  return version === null ? name : `${name} v${version}`;
}

/** Formats a kind with the mode of NTP: `NTP v4 client`. */
export function formatKindWithMode(kind: RequestKind): string {
  if (kind.mode === undefined) return formatKind(kind);
  return `${formatKind(kind)} ${modeNames[kind.mode] ?? `mode ${kind.mode}`}`;
}
