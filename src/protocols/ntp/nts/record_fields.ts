/** The records of an NTS key exchange as fields, for explanations (RFC 8915 §4.1). */
import { quoteOctets } from "../../../text/printable.ts";
import { formatPlural } from "../../../text/units.ts";
import { getUint16 } from "../../octets.ts";
import type { WireField } from "../../protocol.ts";
import { AES_SIV_CMAC_256, NTPV4, recordType } from "./records.ts";

const names: Readonly<Record<number, string>> = {
  [recordType.end]: "end of message",
  [recordType.nextProtocol]: "next protocol",
  [recordType.error]: "error",
  [recordType.warning]: "warning",
  [recordType.aead]: "AEAD algorithm",
  [recordType.cookie]: "new cookie for NTPv4",
  [recordType.server]: "NTPv4 server",
  [recordType.port]: "NTPv4 port",
};

const CRITICAL = 0x8000;
const HEADER_LENGTH = 4;

/** Every octet once. */
export function keyExchangeFields(octets: Uint8Array): WireField[] {
  const fields: WireField[] = [];
  const add = (name: string, offset: number, length: number, meaning: string): void => {
    fields.push({ name, offset, octets: octets.subarray(offset, offset + length), meaning });
  };
  let at = 0;
  while (octets.length - at >= HEADER_LENGTH) {
    const [head, length] = [getUint16(octets, at), getUint16(octets, at + 2)];
    const end = at + HEADER_LENGTH + length;
    if (end > octets.length) break;
    const type = head & ~CRITICAL;
    const critical = (head & CRITICAL) === 0 ? "" : ", critical";
    add("Record type", at, 2, `${type}: ${names[type] ?? "unknown"}${critical}`);
    add("Body length", at + 2, 2, formatPlural(length, "octet"));
    if (length > 0) {
      const body = octets.subarray(at + HEADER_LENGTH, end);
      add("Body", at + HEADER_LENGTH, length, meaningOf(type, body));
    }
    at = end;
  }
  if (at < octets.length) add("Unknown", at, octets.length - at, "no whole record");
  return fields;
}

function meaningOf(type: number, body: Uint8Array): string {
  const number = body.length === 2 ? getUint16(body, 0) : undefined;
  switch (type) {
    case recordType.nextProtocol:
      return number === NTPV4 ? "0: NTPv4" : `${number ?? "several"}`;
    case recordType.aead:
      return number === AES_SIV_CMAC_256 ? "15: AES-SIV-CMAC-256" : `${number ?? "several"}`;
    case recordType.cookie:
      return "the keys of this session, which only the server can read";
    case recordType.server:
      return quoteOctets(body);
    default:
      return number === undefined ? formatPlural(body.length, "octet") : String(number);
  }
}
