/** Verifies the authentication of requests, and seals the replies to them; here by MACs (RFC 5905 §7.3, RFC 8573). */
import { parseReferenceId } from "../../text/reference_id.ts";
import { getUint32, putUint32 } from "../octets.ts";
import type { Answer, KissCode, Length, NtsFlaw, ServedExchange } from "../responder.ts";
import { field, leap, mode, NTP_HEADER_LENGTH } from "./packet.ts";
import type { SymmetricKeys } from "../../crypto/symmetric_keys.ts";
import { findMac, isRight, KEY_ID_LENGTH, writeMac } from "./trailer.ts";

/** One way to authenticate. */
export interface Sealer {
  /**
   * Verifies a request: returns the length of the shortest reply to it, 0 if its authentication is wrong, a refusal if that
   * has no valid form, and undefined if it is authenticated in another way or not at all.
   */
  verify(exchange: ServedExchange): Answer | undefined;
  /** Answers a request whose authentication is wrong: no time, and never longer than the request. */
  writeNak(exchange: ServedExchange): Length;
  /** Prepares what the reply to a verified request has besides its header; returns the length of both. */
  prepare(exchange: ServedExchange): Length;
  /** Seals the reply to a verified request behind its header; returns the length of both, undefined for any other request. */
  seal(exchange: ServedExchange): Length | undefined;
  /** Seals the reply to a verified request wrongly, for tests of clients. */
  sealWrongly?(exchange: ServedExchange, flaw: NtsFlaw): Length;
}

/** Symmetric keys. */
export class MacSealer implements Sealer {
  readonly #keys: SymmetricKeys;

  constructor(keys: SymmetricKeys) {
    this.#keys = keys;
    // The first MAC of a type loads it, which must not delay a reply.
    const types = new Map(keys.list.map(({ type, id }) => [type, id]));
    for (const id of types.values()) keys.find(id);
  }

  verify({ request }: ServedExchange): Answer | undefined {
    const at = findMac(request);
    if (at === 0) return undefined;
    const mac = this.#keys.find(getUint32(request, at));
    const isVerified = mac !== undefined && isRight(mac, request, at);
    return isVerified ? NTP_HEADER_LENGTH + request.length - at : 0;
  }

  /** Four zero octets in place of a MAC: a crypto-NAK (RFC 5905 §9.2). */
  writeNak({ request, reply }: ServedExchange): Length {
    putKod(request, reply, 0);
    putUint32(reply, NTP_HEADER_LENGTH, 0);
    return NTP_HEADER_LENGTH + KEY_ID_LENGTH;
  }

  prepare({ request }: ServedExchange): Length {
    return NTP_HEADER_LENGTH + request.length - findMac(request);
  }

  seal({ request, reply }: ServedExchange): Length | undefined {
    const at = findMac(request);
    const mac = at === 0 ? undefined : this.#keys.find(getUint32(request, at));
    return mac && writeMac(mac, reply, NTP_HEADER_LENGTH);
  }
}

/** The first of several ways that a request is authenticated in. */
export function findSealer(
  sealers: readonly Sealer[],
  exchange: ServedExchange,
): { readonly sealer: Sealer; readonly verdict: Answer } | undefined {
  for (const sealer of sealers) {
    const verdict = sealer.verify(exchange);
    if (verdict !== undefined) return { sealer, verdict };
  }
  return undefined;
}

export const kissCodes: Readonly<Record<KissCode, number>> = {
  RATE: parseReferenceId("RATE"),
  DENY: parseReferenceId("DENY"),
};

/** Writes a kiss-o'-death (KoD), which has no time (RFC 5905 §7.4); its code is given as a reference id. */
export function putKod(request: Uint8Array, reply: Uint8Array, code: number): void {
  const flags = request[field.flags] as number;
  reply.fill(0, 0, NTP_HEADER_LENGTH);
  reply[field.flags] = leap.unsynchronized << 6 | flags & 0b0011_1000 | replyMode(flags & 7);
  reply[field.poll] = request[field.poll] as number;
  putUint32(reply, field.referenceId, code);
  // Not this clock's times: a client that takes the KoD for a time finds an offset of about nothing.
  for (const at of [field.originTimestamp, field.receiveTimestamp, field.transmitTimestamp]) {
    for (let i = 0; i < 8; i++) reply[at + i] = request[field.transmitTimestamp + i] as number;
  }
}

export function replyMode(requestMode: number): number {
  return requestMode === mode.symmetricActive ? mode.symmetricPassive : mode.server;
}
