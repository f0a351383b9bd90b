/** NTS as a server has it: opens the cookies of requests, and seals the replies to them (RFC 8915 §5.7). */
import { type Aes, nodeAes } from "../../../crypto/aes.ts";
import { AesSiv, SIV_KEY_LENGTH, SIV_TAG_LENGTH } from "../../../crypto/aes_siv.ts";
import { KeyRingReader } from "../../../crypto/key_ring.ts";
import { random32 as systemRandom32 } from "../../../system/random.ts";
import { openLibcrypto } from "../../../crypto/libcrypto.ts";
import { getUint16, putUint16 } from "../../octets.ts";
import {
  type Answer,
  type Length,
  type NtsFlaw,
  type Refusal,
  refusal,
  REPLY_CAPACITY,
  type ServedExchange,
} from "../../responder.ts";
import { putKod, type Sealer } from "../sealer.ts";
import { NTP_HEADER_LENGTH } from "../packet.ts";
import { fieldLength, isNtsRequest, ntsField } from "../trailer.ts";
import { parseReferenceId } from "../../../text/reference_id.ts";
import {
  COOKIE_LENGTH,
  openCookie,
  putRandom,
  type Random32,
  SESSION_KEYS_LENGTH,
  type SessionKeys,
  writeCookie,
} from "./cookie.ts";
import {
  FIELD_HEADER_LENGTH,
  IDENTIFIER_LENGTH,
  LENGTHS_LENGTH,
  MAX_COOKIES,
  NONCE_LENGTH,
  openBody,
} from "./fields.ts";

/** The kiss code of an NTS NAK: the server cannot open the cookie (RFC 8915 §5.7). */
const NTSN = parseReferenceId("NTSN");

const MAX_IDENTIFIER_LENGTH = 64;

const COOKIE_FIELD_LENGTH = FIELD_HEADER_LENGTH + COOKIE_LENGTH;
const SEAL_LENGTH = FIELD_HEADER_LENGTH + LENGTHS_LENGTH + NONCE_LENGTH + SIV_TAG_LENGTH;

const refuseMalformed = refusal("malformed");
const refuseAuthentication = refusal("authentication");

/** The parts of a request that its reply needs, from its verification to the seal. */
class Session {
  /** Where the field of the unique identifier begins and ends. */
  identifierAt = 0;
  identifierEnd = 0;
  cookieAt = 0;
  cookieEnd = 0;
  sealAt = 0;
  /** The cookies that the client asks for. */
  wanted = 0;
  readonly octets = new Uint8Array(SESSION_KEYS_LENGTH);
  /** In those octets. */
  keys: SessionKeys | undefined;
  /** The fields to encrypt: new cookies. */
  readonly fields = new Uint8Array(MAX_COOKIES * COOKIE_FIELD_LENGTH);
  fieldsLength = 0;

  /** The length of a reply with these encrypted fields. */
  replyLength(fieldsLength: number): Length {
    const identifierLength = this.identifierEnd - this.identifierAt;
    return NTP_HEADER_LENGTH + identifierLength + SEAL_LENGTH + fieldsLength;
  }
}

/** @param memory That of the key ring of cookies */
export function openNtsSealer(memory: SharedArrayBuffer): Sealer {
  const aes = openLibcrypto();
  return new NtsSealer(new KeyRingReader(memory, aes), { aes });
}

export interface NtsSealerOptions {
  /** @default {nodeAes} */
  readonly aes?: Aes | undefined;
  /** @default {random32} of this system */
  readonly random32?: Random32;
}

export class NtsSealer implements Sealer {
  readonly #ring: KeyRingReader;
  readonly #random32: Random32;
  /** Has the keys of one session after the other. */
  readonly #siv: AesSiv;
  /** By exchange, which is reused as the session is. */
  readonly #sessions = new WeakMap<ServedExchange, Session>();

  constructor(
    ring: KeyRingReader,
    { aes = nodeAes, random32 = systemRandom32 }: NtsSealerOptions = {},
  ) {
    this.#ring = ring;
    this.#random32 = random32;
    this.#siv = new AesSiv(new Uint8Array(SIV_KEY_LENGTH), aes);
  }

  verify(exchange: ServedExchange): Answer | undefined {
    const { request } = exchange;
    if (!isNtsRequest(request)) return undefined;
    const session = this.#sessionOf(exchange);
    const refused = readFields(request, session);
    if (refused !== undefined) return refused;
    this.#ring.look();
    const { cookieAt, cookieEnd, sealAt } = session;
    const cookie = request.subarray(cookieAt + FIELD_HEADER_LENGTH, cookieEnd);
    const keys = session.keys = openCookie(this.#ring, cookie, session.octets);
    if (keys === undefined) return 0;
    const body = request.subarray(sealAt + FIELD_HEADER_LENGTH);
    this.#siv.setKey(keys.c2s);
    const plain = openBody(body, request.subarray(0, sealAt), this.#siv);
    return plain === undefined ? 0 : session.replyLength(0);
  }

  /** An NTS NAK: a kiss-o'-death with the unique identifier, not authenticated. */
  writeNak(exchange: ServedExchange): Length {
    const { request, reply } = exchange;
    putKod(request, reply, NTSN);
    return putIdentifier(exchange, this.#sessionOf(exchange));
  }

  /** Makes new cookies, as many as the client asks for and the length of the request has room for. */
  prepare(exchange: ServedExchange): Length {
    const session = this.#sessionOf(exchange);
    const { fields, keys } = session;
    const room = Math.min(exchange.request.length, REPLY_CAPACITY) - session.replyLength(0);
    const count = Math.min(session.wanted, MAX_COOKIES, Math.floor(room / COOKIE_FIELD_LENGTH));
    for (let i = 0; i < count; i++) {
      const at = i * COOKIE_FIELD_LENGTH;
      putUint16(fields, at, ntsField.cookie);
      putUint16(fields, at + 2, COOKIE_FIELD_LENGTH);
      const cookie = fields.subarray(at + FIELD_HEADER_LENGTH, at + COOKIE_FIELD_LENGTH);
      writeCookie(cookie, this.#ring.newest, keys as SessionKeys, this.#random32);
    }
    session.fieldsLength = Math.max(count, 0) * COOKIE_FIELD_LENGTH;
    return session.replyLength(session.fieldsLength);
  }

  seal(exchange: ServedExchange): Length | undefined {
    const { request, reply } = exchange;
    if (!isNtsRequest(request)) return undefined;
    const session = this.#sessionOf(exchange);
    const { fields, fieldsLength, keys } = session;
    const at = putIdentifier(exchange, session);
    const nonceAt = at + FIELD_HEADER_LENGTH + LENGTHS_LENGTH;
    const sealedAt = nonceAt + NONCE_LENGTH;
    const length = session.replyLength(fieldsLength);
    putUint16(reply, at, ntsField.authenticator);
    putUint16(reply, at + 2, length - at);
    putUint16(reply, at + 4, NONCE_LENGTH);
    putUint16(reply, at + 6, length - sealedAt);
    putRandom(reply, nonceAt, sealedAt, this.#random32);
    const associated = [reply.subarray(0, at), reply.subarray(nonceAt, sealedAt)];
    this.#siv.setKey((keys as SessionKeys).s2c);
    this.#siv.sealInto(reply.subarray(sealedAt), fields.subarray(0, fieldsLength), associated);
    return length;
  }

  sealWrongly(exchange: ServedExchange, flaw: NtsFlaw): Length {
    const { request, reply } = exchange;
    const session = this.#sessionOf(exchange);
    if (flaw === "nak") return this.writeNak(exchange);
    if (flaw === "no-cookies") session.fieldsLength = 0;
    const identifierAt = session.identifierAt + FIELD_HEADER_LENGTH;
    const identifier = request.slice(identifierAt, session.identifierEnd);
    if (flaw === "other-id") {
      putRandom(request, identifierAt, session.identifierEnd, this.#random32);
    }
    const length = this.seal(exchange) as Length;
    request.set(identifier, identifierAt);
    if (flaw === "bad-tag") {
      const at = length - session.fieldsLength - SIV_TAG_LENGTH;
      reply[at] = (reply[at] as number) ^ 1;
    }
    return flaw === "unsealed" ? length - session.fieldsLength - SEAL_LENGTH : length;
  }

  #sessionOf(exchange: ServedExchange): Session {
    let session = this.#sessions.get(exchange);
    if (session === undefined) this.#sessions.set(exchange, session = new Session());
    return session;
  }
}

/** Finds the fields of a request; returns a refusal if it lacks one, or has one twice or in a wrong form. */
function readFields(request: Uint8Array, session: Session): Refusal | undefined {
  let placeholders = 0;
  session.identifierAt =
    session.cookieAt =
    session.sealAt =
    session.fieldsLength =
      0;
  for (let at = NTP_HEADER_LENGTH; at < request.length;) {
    // Nothing may follow the authenticator.
    const length = session.sealAt > 0 ? undefined : fieldLength(request, at);
    if (length === undefined) return refuseMalformed;
    switch (getUint16(request, at)) {
      case ntsField.identifier: {
        const octets = length - FIELD_HEADER_LENGTH;
        const isValid = octets >= IDENTIFIER_LENGTH && octets <= MAX_IDENTIFIER_LENGTH;
        if (session.identifierAt > 0 || !isValid) return refuseMalformed;
        session.identifierAt = at;
        session.identifierEnd = at + length;
        break;
      }
      case ntsField.cookie:
        if (session.cookieAt > 0) return refuseMalformed;
        session.cookieAt = at;
        session.cookieEnd = at + length;
        break;
      case ntsField.placeholder:
        // Of another length it would make the reply longer than the request, or was not meant for this server.
        if (length === COOKIE_FIELD_LENGTH) placeholders++;
        break;
      case ntsField.authenticator:
        session.sealAt = at;
    }
    at += length;
  }
  const isWhole = session.identifierAt > 0 && session.cookieAt > 0 && session.sealAt > 0;
  session.wanted = 1 + placeholders;
  return isWhole ? undefined : refuseAuthentication;
}

/** Repeats the unique identifier of a request behind the header of its reply; returns where it ends. */
function putIdentifier(
  { request, reply }: ServedExchange,
  { identifierAt, identifierEnd }: Session,
): Length {
  const length = identifierEnd - identifierAt;
  for (let i = 0; i < length; i++) {
    reply[NTP_HEADER_LENGTH + i] = request[identifierAt + i] as number;
  }
  return NTP_HEADER_LENGTH + length;
}
