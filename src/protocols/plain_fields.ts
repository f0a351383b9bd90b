import { quoteOctets } from "../text/printable.ts";
import { DecodeError } from "./decode_error.ts";
import type { ExchangeTimes, Measurement, WireField } from "./protocol.ts";

/** Returns a function that makes fields of some octets of a datagram. */
export function partsOf(
  octets: Uint8Array,
): (name: string, offset: number, length: number, meaning: string) => WireField {
  return (name, offset, length, meaning) => ({
    name,
    offset,
    octets: octets.subarray(offset, offset + length),
    meaning,
  });
}

/** Any datagram is a request of these protocols. */
export function plainRequestFields(octets: Uint8Array): WireField[] {
  if (octets.length === 0) return [];
  return [{
    name: "Text",
    offset: 0,
    octets,
    meaning: `${quoteOctets(octets)}: servers ignore it`,
  }];
}

export function lineFields(
  octets: Uint8Array,
  { name, text, reading }: { name: string; text: string; reading?: string },
): WireField[] {
  const offset = octets.findIndex((octet) => octet !== 0x0a && octet !== 0x0d);
  const end = offset + text.length;
  const line = octets.subarray(offset, end);
  const quoted = quoteOctets(line);
  return [
    ...(offset === 0
      ? []
      : [{ name: "Line break", offset: 0, octets: octets.subarray(0, offset), meaning: "before" }]),
    { name, offset, octets: line, meaning: reading ? `${quoted}: ${reading}` : quoted },
    ...lineEnd(octets, end),
  ];
}

export function lineEnd(octets: Uint8Array, offset: number): WireField[] {
  const rest = octets.subarray(offset);
  if (rest.length === 0) return [];
  return [{ name: "End", offset, octets: rest, meaning: `${quoteOctets(rest)}: dropped` }];
}

export function unknownField(octets: Uint8Array, meaning: string, offset = 0): WireField[] {
  return octets.length === 0 ? [] : [{ name: "Unknown", offset, octets, meaning }];
}

/** Returns undefined for a DecodeError. */
export function tryDecode<Result>(decode: () => Result): Result | undefined {
  try {
    return decode();
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    return undefined;
  }
}

/** A text has no offset: only the time it took is measured. */
export function measureText(
  _reply: unknown,
  times: ExchangeTimes | undefined,
): Measurement | undefined {
  return times && { times: { t1: times.sentAt, t4: times.receivedAt } };
}
