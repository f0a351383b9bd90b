/** Verifies the MACs of requests, and seals the replies to them (RFC 5905 §7.3, RFC 8573). */
import type { SymmetricKeys } from "../../crypto/symmetric_keys.ts";
import { getUint32, putUint32 } from "../octets.ts";
import type { Length, ServedExchange } from "../responder.ts";
import { putKod } from "./kod.ts";
import { NTP_HEADER_LENGTH } from "./packet.ts";
import { findMac, isRight, KEY_ID_LENGTH, writeMac } from "./trailer.ts";

export class Sealer {
  readonly #keys: SymmetricKeys;

  constructor(keys: SymmetricKeys) {
    this.#keys = keys;
    // The first MAC of a type loads it, which must not delay a reply.
    const types = new Map(keys.list.map(({ type, id }) => [type, id]));
    for (const id of types.values()) keys.find(id);
  }

  /**
   * Verifies the MAC of a request, and returns the octets of that of its reply; 0 if it is wrong or its key is not known,
   * and undefined if there is none.
   */
  verify(request: Uint8Array): Length | undefined {
    const at = findMac(request);
    if (at === 0) return undefined;
    const mac = this.#keys.find(getUint32(request, at));
    return mac !== undefined && isRight(mac, request, at) ? request.length - at : 0;
  }

  /** Writes the MAC of a reply behind its header, by the key of its verified request; returns the length of both. */
  seal({ request, reply }: ServedExchange): Length {
    const at = findMac(request);
    const mac = at === 0 ? undefined : this.#keys.find(getUint32(request, at));
    return mac === undefined ? NTP_HEADER_LENGTH : writeMac(mac, reply, NTP_HEADER_LENGTH);
  }
}

/**
 * Answers a request whose MAC is wrong: no time, and four zero octets in place of a MAC (RFC 5905 §9.2). It is shorter
 * than the request.
 */
export function writeCryptoNak({ request, reply }: ServedExchange): Length {
  putKod(request, reply, 0);
  putUint32(reply, NTP_HEADER_LENGTH, 0);
  return NTP_HEADER_LENGTH + KEY_ID_LENGTH;
}
