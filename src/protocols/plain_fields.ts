/** What the fields of the protocols without a request format have in common. */
import { quoteOctets } from "../text/printable.ts";
import { DecodeError } from "./decode_error.ts";
import type { ExchangeTimes, Measurement, WireField } from "./protocol.ts";

/** The field of a request that may be anything. */
export function plainRequestFields(octets: Uint8Array): WireField[] {
  if (octets.length === 0) return [];
  return [{
    name: "Text",
    offset: 0,
    octets,
    meaning: `${quoteOctets(octets)}: servers ignore it`,
  }];
}

/** The fields of a line, and of the line breaks around it. */
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

/** The field of what follows a text. */
export function lineEnd(octets: Uint8Array, offset: number): WireField[] {
  const rest = octets.subarray(offset);
  if (rest.length === 0) return [];
  return [{ name: "End", offset, octets: rest, meaning: `${quoteOctets(rest)}: dropped` }];
}

/** The field of octets without a known meaning. */
export function unknownField(octets: Uint8Array, meaning: string, offset = 0): WireField[] {
  return octets.length === 0 ? [] : [{ name: "Unknown", offset, octets, meaning }];
}

/** Decodes octets; undefined if they are not what their protocol prescribes. */
export function tryDecode<Result>(decode: () => Result): Result | undefined {
  try {
    return decode();
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    return undefined;
  }
}

/** The measurement of a text without an offset: the time it took. */
export function measureText(
  _reply: unknown,
  times: ExchangeTimes | undefined,
): Measurement | undefined {
  return times && { times: { t1: times.sentAt, t4: times.receivedAt } };
}
