import { quoteOctets } from "../../text/printable.ts";
import {
  lineFields,
  measureText,
  plainRequestFields,
  tryDecode,
  unknownField,
} from "../plain_fields.ts";
import type { WireField, WireFormat } from "../protocol.ts";
import { parseDaytime } from "./parse.ts";

const LINE_FEED = 0x0a;

export const daytimeFormat: WireFormat = {
  requestFields: plainRequestFields,
  replyFields,
  formTest: { name: "one printable line, of a form in use", source: "RFC 867" },
  measure: measureText,
  resembles: (_request, reply) => reply.at(-1) === LINE_FEED,
};

function replyFields(octets: Uint8Array, pivot: Temporal.Instant): WireField[] {
  const line = tryDecode(() => parseDaytime(octets, pivot));
  if (!line) return unknownField(octets, quoteOctets(octets));
  const { text, time, offset } = line;
  const reading = `${time}, ${offset === undefined ? "of no known zone" : `UTC${offset}`}`;
  return lineFields(octets, { name: "Line", text, reading });
}
