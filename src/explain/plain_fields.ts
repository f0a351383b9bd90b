/** The octets of the plain services' datagrams, field by field. */
import { parseAsctime } from "../protocols/asctime/codec.ts";
import { parseDaytime } from "../protocols/daytime/codec.ts";
import { DecodeError } from "../protocols/decode_error.ts";
import { toInstant } from "../protocols/ntp/timestamp.ts";
import { getUint32 } from "../protocols/octets.ts";
import { TIME_REPLY_LENGTH } from "../protocols/time/codec.ts";
import type { WireField } from "./explanation.ts";
import { quoted } from "./text.ts";

/** A request: whatever it is, servers do not look into it. */
export function plainRequestFields(octets: Uint8Array): WireField[] {
  if (octets.length === 0) return [];
  return [{ name: "Words", offset: 0, octets, meaning: `${quoted(octets)}: servers ignore them` }];
}

/** A reply of the Time protocol (RFC 868). */
export function timeFields(octets: Uint8Array, pivot: Temporal.Instant): WireField[] {
  if (octets.length < TIME_REPLY_LENGTH) return unknown(octets, "too short for a time of RFC 868");
  const seconds = getUint32(octets, 0);
  const time = toInstant(BigInt(seconds) << 32n, pivot);
  const rest = octets.subarray(TIME_REPLY_LENGTH);
  return [
    {
      name: "Seconds since 1900",
      offset: 0,
      octets: octets.subarray(0, TIME_REPLY_LENGTH),
      meaning: `${seconds} = ${time}`,
    },
    ...unknown(rest, "beyond the four octets of RFC 868", TIME_REPLY_LENGTH),
  ];
}

/** The parts of an `asctime` text of the usual length: where they begin, and the next one does. */
const asctimeParts = [
  ["Weekday", 0, 4, "not held against the date"],
  ["Month", 4, 8, "an English name, in every locale"],
  ["Day", 8, 11, "padded with a space"],
  ["Time of day", 11, 19, "the server's, of no known zone"],
  ["Year", 19, 24, "all of its digits"],
] as const;

const ASCTIME_LENGTH = 24;

/** A reply in `asctime` text. */
export function asctimeFields(octets: Uint8Array): WireField[] {
  const { text } = attempt(() => parseAsctime(octets)) ?? {};
  if (text === undefined) return unknown(octets, quoted(octets));
  if (text.length !== ASCTIME_LENGTH) return lineFields(octets, text, "Text");
  const fields = asctimeParts.map(([name, offset, end, meaning]): WireField => {
    const part = octets.subarray(offset, end);
    return { name, offset, octets: part, meaning: `${quoted(part)}: ${meaning}` };
  });
  return [...fields, ...lineEnd(octets, ASCTIME_LENGTH)];
}

/** A reply of the Daytime protocol (RFC 867). */
export function daytimeFields(octets: Uint8Array, pivot: Temporal.Instant): WireField[] {
  const reading = attempt(() => parseDaytime(octets, pivot));
  if (!reading) return unknown(octets, quoted(octets));
  const zone = reading.offset === undefined ? "of no known zone" : `UTC${reading.offset}`;
  return lineFields(octets, reading.text, "Line", `${reading.time}, ${zone}`);
}

/** A line between what may stand around it. */
function lineFields(octets: Uint8Array, text: string, name: string, says?: string): WireField[] {
  const offset = octets.findIndex((octet) => octet !== 0x0a && octet !== 0x0d);
  const end = offset + text.length;
  const words = quoted(octets.subarray(offset, end));
  const meaning = says === undefined ? words : `${words}: ${says}`;
  return [
    ...(offset === 0
      ? []
      : [{ name: "Line break", offset: 0, octets: octets.subarray(0, offset), meaning: "before" }]),
    { name, offset, octets: octets.subarray(offset, end), meaning },
    ...lineEnd(octets, end),
  ];
}

function lineEnd(octets: Uint8Array, offset: number): WireField[] {
  const rest = octets.subarray(offset);
  if (rest.length === 0) return [];
  return [{ name: "End", offset, octets: rest, meaning: `${quoted(rest)}: dropped` }];
}

function unknown(octets: Uint8Array, meaning: string, offset = 0): WireField[] {
  return octets.length === 0 ? [] : [{ name: "Unknown", offset, octets, meaning }];
}

function attempt<Result>(read: () => Result): Result | undefined {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    return undefined;
  }
}
