import { quoteOctets } from "../../text/printable.ts";
import {
  lineEnd,
  lineFields,
  measureText,
  plainRequestFields,
  tryDecode,
  unknownField,
} from "../plain_fields.ts";
import type { WireField, WireFormat } from "../protocol.ts";
import { parseAsctime } from "./parse.ts";

export const asctimeFormat: WireFormat = {
  requestFields: plainRequestFields,
  replyFields,
  formTest: { name: "a date and time in the form of asctime()", source: "C11 §7.27.3.1" },
  measure: measureText,
};

/** The parts of a text of the usual length, with their offsets and ends. */
const parts = [
  ["Weekday", 0, 4, "not compared with the date"],
  ["Month", 4, 8, "an English name, in every locale"],
  ["Day", 8, 11, "padded with a space"],
  ["Time of day", 11, 19, "the server's, of no known zone"],
  ["Year", 19, 24, "all of its digits"],
] as const;

const USUAL_LENGTH = 24;

function replyFields(octets: Uint8Array): WireField[] {
  const { text } = tryDecode(() => parseAsctime(octets)) ?? {};
  if (text === undefined) return unknownField(octets, quoteOctets(octets));
  if (text.length !== USUAL_LENGTH) return lineFields(octets, { name: "Text", text });
  const fields = parts.map(([name, offset, end, meaning]): WireField => {
    const part = octets.subarray(offset, end);
    return { name, offset, octets: part, meaning: `${quoteOctets(part)}: ${meaning}` };
  });
  return [...fields, ...lineEnd(octets, USUAL_LENGTH)];
}
