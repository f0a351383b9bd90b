/** The records of NTS key exchange (RFC 8915 §4). */
import { quoteOctets } from "../../../text/printable.ts";
import { formatPlural } from "../../../text/units.ts";
import { getUint16 } from "../../octets.ts";
import { partsOf } from "../../plain_fields.ts";
import type { WireField } from "../../protocol.ts";
import { SIV_KEY_LENGTH } from "../../../crypto/aes_siv.ts";
import type { SessionKeys } from "./cookie.ts";
import { MAX_COOKIE_LENGTH } from "./fields.ts";

/** The types of records (RFC 8915 §4.1). */
export const recordType = {
  end: 0,
  nextProtocol: 1,
  error: 2,
  warning: 3,
  aead: 4,
  cookie: 5,
  server: 6,
  port: 7,
} as const;

/** NTPv4, as a next protocol. */
export const NTPV4 = 0;

/** AES-SIV-CMAC-256, the one AEAD that every implementation has. */
export const AES_SIV_CMAC_256 = 15;

/** The protocol within TLS (ALPN), RFC 8915 §4. */
export const KEY_EXCHANGE_PROTOCOL = "ntske/1";

/** The label of exported keys, for NTPv4 with AES-SIV-CMAC-256 (RFC 8915 §5.1). */
const LABEL = "EXPORTER-network-time-security";

export const CRITICAL = 0x8000;
export const HEADER_LENGTH = 4;

/** The most octets of an answer; one with 8 cookies has less than 2 KiB. */
export const MAX_ANSWER_LENGTH = 16_384;

export interface KeyExchangeRecord {
  readonly type: number;
  readonly isCritical: boolean;
  readonly body: Uint8Array;
}

/** The agreement of a server. */
export interface KeyExchangeAnswer {
  readonly cookies: readonly Uint8Array[];
  /** The host to query, if it is not the one that was asked. */
  readonly server: string | undefined;
  /** The port to query, if it is not 123. */
  readonly port: number | undefined;
}

/** An answer that no NTP time can follow from; the message continues a sentence that begins with the server. */
export class KeyExchangeError extends Error {}

/** Encodes the request of a client: NTPv4 by AES-SIV-CMAC-256. */
export function encodeKeyExchangeRequest(): Uint8Array<ArrayBuffer> {
  return Uint8Array.fromHex("80010002000080040002000f80000000");
}

/** Derives the keys of a session by the exporter of its TLS connection. */
export async function exportSessionKeys(
  exportKey: (
    label: string,
    context: Uint8Array<ArrayBuffer>,
    length: number,
  ) => Uint8Array | Promise<Uint8Array>,
): Promise<SessionKeys> {
  const key = async (direction: number): Promise<Uint8Array> => {
    const context = Uint8Array.of(NTPV4 >> 8, NTPV4, 0, AES_SIV_CMAC_256, direction);
    return await exportKey(LABEL, context, SIV_KEY_LENGTH);
  };
  return { c2s: await key(0), s2c: await key(1) };
}

/** Whether octets are a whole message, which ends with the record of that; no more are awaited then. */
export function isWhole(octets: Uint8Array): boolean {
  for (let at = 0; at + HEADER_LENGTH <= octets.length;) {
    const type = getUint16(octets, at) & ~CRITICAL;
    at += HEADER_LENGTH + getUint16(octets, at + 2);
    if (type === recordType.end) return at <= octets.length;
  }
  return false;
}

/**
 * Receives a message: all until it is whole, until the other side has ended, or until it is longer than any may be.
 *
 * @param read Gives some octets; undefined at the end
 */
export async function receiveMessage(
  read: () => Promise<Uint8Array | undefined>,
  maxLength: number,
): Promise<Uint8Array> {
  let message = new Uint8Array();
  while (!isWhole(message) && message.length <= maxLength) {
    const piece = await read();
    if (piece === undefined) break;
    const joined = new Uint8Array(message.length + piece.length);
    joined.set(message);
    joined.set(piece, message.length);
    message = joined;
  }
  return message;
}

/**
 * Decodes the answer of a server.
 *
 * @throws {KeyExchangeError} If it refuses, or breaks a rule
 */
export function decodeKeyExchangeAnswer(octets: Uint8Array): KeyExchangeAnswer {
  const records = readRecords(octets);
  for (const { type, isCritical, body } of records) {
    if (type === recordType.error) fail(`refuses: ${errorText(body)}`);
    if (type === recordType.warning) fail(`warns with code ${numberOf(body) ?? "none"}`);
    if (isCritical && type > recordType.port) fail(`sent an unknown critical record, ${type}`);
  }
  const [protocol] = listOf(records, recordType.nextProtocol);
  if (protocol !== NTPV4) fail("does not offer NTPv4");
  const [aead] = listOf(records, recordType.aead);
  if (aead !== AES_SIV_CMAC_256) fail("does not offer AES-SIV-CMAC-256");
  const cookies = records.filter(({ type }) => type === recordType.cookie).map(({ body }) => body);
  if (cookies.length === 0) fail("sent no cookie");
  if (cookies.some(({ length }) => length === 0 || length > MAX_COOKIE_LENGTH)) {
    fail("sent a cookie of an impossible length");
  }
  const server = single(records, recordType.server);
  const port = single(records, recordType.port);
  const number = port && numberOf(port);
  if (port !== undefined && !number) fail("sent a port that is none");
  return { cookies, server: server && hostOf(server), port: number };
}

function fail(problem: string): never {
  throw new KeyExchangeError(problem);
}

/**
 * Reads the records of a message, up to the one that ends it.
 *
 * @throws {KeyExchangeError} If there is none
 */
export function readRecords(octets: Uint8Array): KeyExchangeRecord[] {
  const records: KeyExchangeRecord[] = [];
  for (let at = 0; at + HEADER_LENGTH <= octets.length;) {
    const head = getUint16(octets, at);
    const end = at + HEADER_LENGTH + getUint16(octets, at + 2);
    if (end > octets.length) break;
    const type = head & ~CRITICAL;
    if (type === recordType.end) return records;
    const body = octets.subarray(at + HEADER_LENGTH, end);
    records.push({ type, isCritical: (head & CRITICAL) !== 0, body });
    at = end;
  }
  return fail("ended its answer too early");
}

/** The only record of a type; undefined if there is none. */
function single(records: readonly KeyExchangeRecord[], type: number): Uint8Array | undefined {
  const [record, ...others] = records.filter((each) => each.type === type);
  if (others.length > 0) fail(`sent several records of type ${type}`);
  return record?.body;
}

/** The numbers of the only record of a type. An answer has one at most. */
function listOf(records: readonly KeyExchangeRecord[], type: number): number[] {
  const body = single(records, type);
  if (body === undefined) fail(`sent no record of type ${type}`);
  if (body.length % 2 !== 0 || body.length > 2) fail(`sent a wrong record of type ${type}`);
  return body.length === 0 ? [] : [getUint16(body, 0)];
}

function numberOf(body: Uint8Array): number | undefined {
  return body.length === 2 ? getUint16(body, 0) : undefined;
}

const errors = ["unrecognised critical record", "bad request", "internal server error"];

function errorText(body: Uint8Array): string {
  const code = numberOf(body);
  return (code === undefined ? undefined : errors[code]) ?? `error ${code ?? "of no form"}`;
}

/** An address or a name, in ASCII. */
function hostOf(body: Uint8Array): string {
  const text = String.fromCharCode(...body.subarray(0, 256));
  if (body.length > 255 || !/^[A-Za-z0-9_.:-]+$/.test(text)) fail("sent a host that is none");
  return text;
}

/** The names of records in explanations. */
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

/** The records as fields, for explanations: every octet once. */
export function keyExchangeFields(octets: Uint8Array): WireField[] {
  const fields: WireField[] = [];
  const part = partsOf(octets);
  let at = 0;
  while (octets.length - at >= HEADER_LENGTH) {
    const [head, length] = [getUint16(octets, at), getUint16(octets, at + 2)];
    const end = at + HEADER_LENGTH + length;
    if (end > octets.length) break;
    const type = head & ~CRITICAL;
    const critical = (head & CRITICAL) === 0 ? "" : ", critical";
    fields.push(
      part("Record type", at, 2, `${type}: ${names[type] ?? "unknown"}${critical}`),
      part("Body length", at + 2, 2, formatPlural(length, "octet")),
    );
    if (length > 0) {
      const body = octets.subarray(at + HEADER_LENGTH, end);
      fields.push(part("Body", at + HEADER_LENGTH, length, meaningOf(type, body)));
    }
    at = end;
  }
  const rest = octets.length - at;
  return rest > 0 ? [...fields, part("Unknown", at, rest, "no whole record")] : fields;
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
