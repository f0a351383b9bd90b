/** The server's side of NTS key exchange: reads requests, and answers them (RFC 8915 §4). */
import { getUint16 } from "../../octets.ts";
import { NTP_PORT } from "../packet.ts";
import { MAX_COOKIES } from "./fields.ts";
import {
  AES_SIV_CMAC_256,
  CRITICAL,
  HEADER_LENGTH,
  KeyExchangeError,
  type KeyExchangeRecord,
  NTPV4,
  readRecords,
  recordType,
} from "./records.ts";

/** The most octets of a request; those in use have 16. */
export const MAX_KEY_EXCHANGE_REQUEST = 4096;

const errorCode = { unrecognized: 0, badRequest: 1, internal: 2 } as const;

export interface KeyExchangeReply {
  readonly octets: Uint8Array<ArrayBuffer>;
  readonly outcome: "answered" | "nothing_in_common" | "bad_request";
}

export interface AnswerOptions {
  /** The UDP port of NTP. */
  readonly port: number;
  readonly makeCookie: () => Uint8Array;
  /** The fault of the answer, for tests of clients. */
  readonly flaw?: string | undefined;
}

/** Answers a whole request. */
export function answerKeyExchange(
  request: Uint8Array,
  { port, makeCookie, flaw }: AnswerOptions,
): KeyExchangeReply {
  const wish = flaw === "refuse" ? errorCode.internal : readRequest(request);
  if (typeof wish === "number") {
    return { octets: encode([critical(recordType.error, u16(wish))]), outcome: "bad_request" };
  }
  const { speaksNtp, speaksAead } = wish;
  const records = [critical(recordType.nextProtocol, speaksNtp ? u16(NTPV4) : [])];
  if (speaksNtp) {
    records.push(critical(recordType.aead, speaksAead ? u16(AES_SIV_CMAC_256) : []));
  }
  if (!speaksNtp || !speaksAead) return { octets: encode(records), outcome: "nothing_in_common" };
  if (port !== NTP_PORT) records.push(critical(recordType.port, u16(port)));
  const cookies = flaw === "no-cookies" ? 0 : MAX_COOKIES;
  for (let i = 0; i < cookies; i++) records.push([recordType.cookie, makeCookie()]);
  return { octets: encode(records), outcome: "answered" };
}

/** The offer of a client; or the code of the error that answers it. */
function readRequest(
  request: Uint8Array,
): { readonly speaksNtp: boolean; readonly speaksAead: boolean } | number {
  let records: KeyExchangeRecord[];
  try {
    records = readRecords(request);
  } catch (error) {
    if (error instanceof KeyExchangeError) return errorCode.badRequest;
    throw error;
  }
  for (const { type, isCritical } of records) {
    if (type > recordType.port && isCritical) return errorCode.unrecognized;
    // Those are of servers alone.
    const isForeign = type === recordType.error || type === recordType.warning ||
      type === recordType.cookie;
    if (isForeign) return errorCode.badRequest;
  }
  const protocols = numbersOf(records, recordType.nextProtocol);
  if (protocols === undefined) return errorCode.badRequest;
  if (!protocols.includes(NTPV4)) return { speaksNtp: false, speaksAead: false };
  const aeads = numbersOf(records, recordType.aead);
  if (aeads === undefined) return errorCode.badRequest;
  return { speaksNtp: true, speaksAead: aeads.includes(AES_SIV_CMAC_256) };
}

/** The numbers of the only record of a type; undefined if there is none, another one, or half a number. */
function numbersOf(records: readonly KeyExchangeRecord[], type: number): number[] | undefined {
  const [record, another] = records.filter((each) => each.type === type);
  if (record === undefined || another !== undefined) return undefined;
  const { body } = record;
  if (body.length === 0 || body.length % 2 !== 0) return undefined;
  return Array.from({ length: body.length / 2 }, (_, i) => getUint16(body, 2 * i));
}

type Encoded = readonly [type: number, body: ArrayLike<number>];

function critical(type: number, body: readonly number[]): Encoded {
  return [CRITICAL | type, body];
}

function u16(value: number): readonly number[] {
  return [value >> 8, value & 0xff];
}

/** Encodes records, and the one that ends a message. */
function encode(records: readonly Encoded[]): Uint8Array<ArrayBuffer> {
  const all = [...records, critical(recordType.end, [])];
  const length = all.reduce((sum, [, body]) => sum + HEADER_LENGTH + body.length, 0);
  const octets = new Uint8Array(length);
  let at = 0;
  for (const [type, body] of all) {
    octets.set([...u16(type), ...u16(body.length)], at);
    octets.set(body, at + HEADER_LENGTH);
    at += HEADER_LENGTH + body.length;
  }
  return octets;
}
