import {
  type Answer,
  type Length,
  type Refusal,
  refusal,
  type Responder,
  type ServedExchange,
} from "../responder.ts";
import { field, leap, mode, NTP_HEADER_LENGTH, NTP_PORT } from "./packet.ts";
import { readTrailer } from "./trailer.ts";
import type { ClockStatus } from "../../clock/status.ts";
import type { SymmetricKeys } from "../../crypto/symmetric_keys.ts";
import { getUint32, putUint32 } from "../octets.ts";
import { findSealer, kissCodes, MacSealer, putKod, replyMode, type Sealer } from "./sealer.ts";
import { putTimestamp, toFraction, toNtpSeconds, toShort } from "./timestamp.ts";

export interface NtpResponderOptions {
  /** Draws 32 random bits, for the part of a timestamp below the clock's precision. */
  readonly random32: () => number;
  /** The keys of clients; without them, no request with a MAC is answered. */
  readonly keys?: SymmetricKeys | undefined;
  /** The sealer that opens the cookies of clients by NTS; without it, no request with one is answered. */
  readonly nts?: Sealer | undefined;
  /** Whether requests without authentication are refused. */
  readonly requireAuth?: boolean | undefined;
}

/**
 * The NTP service, versions 1 to 4, for clients and for symmetric peers that it
 * keeps no association with. A reply has the 48 octets of a header, and is authenticated in
 * the way of its request; it is never longer than that.
 */
export function ntpResponder(
  { random32, keys, nts, requireAuth = false }: NtpResponderOptions,
): Responder {
  const header = new ReplyHeader();
  const sealers = [keys && new MacSealer(keys), nts].filter((each) => each !== undefined);

  function seal(exchange: ServedExchange): void {
    for (const sealer of sealers) if (sealer.seal(exchange) !== undefined) return;
  }

  return {
    respond(exchange): Answer {
      const { request, reply, arrival, status } = exchange;
      const refused = ntpRefusal(request, exchange.source.port);
      let length = NTP_HEADER_LENGTH;
      if (refused !== undefined) {
        if (refused !== refuseAuthentication) return refused;
        const found = findSealer(sealers, exchange);
        if (found === undefined) return refused;
        const { sealer, verdict } = found;
        if (verdict < 0) return verdict;
        if (verdict === 0) {
          exchange.isKod = true;
          return sealer.writeNak(exchange);
        }
        length = sealer.prepare(exchange);
      } else if (requireAuth) return refuseAuthentication;
      if (status !== header.status || arrival.seconds !== header.seconds) {
        header.renew(status, arrival.seconds);
      }
      const flags = request[field.flags] as number;
      reply[field.flags] = header.leapBits | flags & 0b0011_1000 | replyMode(flags & 7);
      reply[field.stratum] = header.stratum;
      reply[field.poll] = request[field.poll] as number;
      reply[field.precision] = header.precision;
      putUint32(reply, field.rootDelay, header.rootDelay);
      putUint32(reply, field.rootDispersion, header.rootDispersion);
      putUint32(reply, field.referenceId, header.referenceId);
      putTimestamp(reply, field.referenceTimestamp, header.referenceSeconds, 0);
      // Opaque to a server: every bit goes back as it came (RFC 5905 §8).
      for (let i = 0; i < 8; i++) {
        reply[field.originTimestamp + i] = request[field.transmitTimestamp + i] as number;
      }
      const fraction = toFraction(arrival.nanoseconds) & ~header.randomMask |
        random32() & header.randomMask;
      putTimestamp(reply, field.receiveTimestamp, header.ntpSeconds, fraction);
      exchange.isUnfinished = true;
      return length;
    },

    finish(batch, first, end, departure): void {
      const seconds = toNtpSeconds(departure.seconds);
      const fraction = toFraction(departure.nanoseconds);
      for (let i = first; i < end; i++) {
        const exchange = batch[i] as ServedExchange;
        if (!exchange.isUnfinished) continue;
        exchange.isUnfinished = false;
        const { reply, arrival, status } = exchange;
        const mask = status === header.status ? header.randomMask : randomMask(status.precision);
        const low = blur(fraction, mask, random32());
        // On the wire a step back by more than half an era looks like one forward.
        if (departure.seconds >= arrival.seconds && isAfter(seconds, low, reply)) {
          putTimestamp(reply, field.transmitTimestamp, seconds, low);
        } else {
          stepPast(reply);
        }
        seal(exchange);
      }
    },

    writeKod(exchange, code): Answer {
      const { request, reply, source } = exchange;
      const refused = ntpRefusal(request, source.port) ??
        (requireAuth ? refuseAuthentication : undefined);
      if (refused === undefined) {
        putKod(request, reply, kissCodes[code]);
        return NTP_HEADER_LENGTH;
      }
      if (refused !== refuseAuthentication) return refused;
      const found = findSealer(sealers, exchange);
      if (found === undefined || found.verdict <= 0) return refused;
      putKod(request, reply, kissCodes[code]);
      return found.sealer.seal(exchange) as Length;
    },

    seal(exchange, length, flaw): Length {
      const found = findSealer(sealers, exchange);
      if (found === undefined || found.verdict <= 0) return length;
      const { sealer } = found;
      sealer.prepare(exchange);
      const wrong = flaw && sealer.sealWrongly?.(exchange, flaw);
      return wrong ?? sealer.seal(exchange) as Length;
    },
  };
}

/** The fields that all replies share until the status changes or a second passes, as on the wire. */
class ReplyHeader {
  /** The status and the second of arrival that it is made from. */
  status: ClockStatus | undefined;
  seconds = NaN;
  leapBits = 0;
  stratum = 0;
  precision = 0;
  rootDelay = 0;
  rootDispersion = 0;
  referenceId = 0;
  referenceSeconds = 0;
  ntpSeconds = 0;
  randomMask = 0;

  renew(status: ClockStatus, seconds: number): void {
    this.status = status;
    this.seconds = seconds;
    const isSynchronized = status.leap !== leap.unsynchronized;
    this.leapBits = status.leap << 6;
    // Unsynchronised is 16 inside a program and 0 on the wire (RFC 5905 §7.3).
    this.stratum = isSynchronized ? status.stratum : 0;
    this.precision = status.precision;
    this.rootDelay = toShort(status.rootDelaySeconds) | 0;
    const ageSeconds = Math.max(seconds + 1 - status.referenceSeconds, 0);
    const dispersion = status.rootDispersionSeconds + ageSeconds * status.dispersionRate;
    this.rootDispersion = toShort(dispersion) | 0;
    this.referenceId = isSynchronized ? status.referenceId | 0 : 0;
    this.referenceSeconds = toNtpSeconds(Math.min(status.referenceSeconds, seconds));
    this.ntpSeconds = toNtpSeconds(seconds);
    this.randomMask = randomMask(status.precision);
  }
}

/** The bits of a fraction that a clock of this precision, a power of two of seconds, does not define. */
function randomMask(precision: number): number {
  const bits = Math.min(Math.max(32 + precision, 0), 32);
  return bits === 32 ? -1 : (1 << bits) - 1;
}

/** Makes the bits of a mask random, and the fraction no greater: no reply states a time still to come. */
function blur(fraction: number, mask: number, random: number): number {
  const below = ((fraction & mask) >>> 0) + 1;
  return (fraction & ~mask) + Math.floor((random >>> 0) / 2 ** 32 * below) | 0;
}

/** Whether a time is after the receive timestamp, across a change of era too. */
function isAfter(seconds: number, fraction: number, reply: Uint8Array): boolean {
  const since = seconds - getUint32(reply, field.receiveTimestamp) | 0;
  if (since !== 0) return since > 0;
  return fraction >>> 0 > getUint32(reply, field.receiveTimestamp + 4);
}

/**
 * Puts the transmit timestamp right after the receive timestamp: of a clock that stands still, or was
 * stepped back between the two readings, it must be neither before nor the same (RFC 9769 §2 distinguishes
 * the two by value).
 */
function stepPast(reply: Uint8Array): void {
  const fraction = getUint32(reply, field.receiveTimestamp + 4) + 1 >>> 0;
  const seconds = getUint32(reply, field.receiveTimestamp) + (fraction === 0 ? 1 : 0) >>> 0;
  putUint32(reply, field.transmitTimestamp, seconds);
  putUint32(reply, field.transmitTimestamp + 4, seconds === 0 && fraction === 0 ? 1 : fraction);
}

const refuseMalformed = refusal("malformed");
const refuseVersion = refusal("version");
const refuseMode = refusal("mode");
export const refuseAuthentication = refusal("authentication");

/** Why a datagram gets no NTP reply, cheapest test first; undefined if it gets one. */
export function ntpRefusal(request: Uint8Array, sourcePort: number): Refusal | undefined {
  if (request.length < NTP_HEADER_LENGTH || request.length % 4 !== 0) return refuseMalformed;
  const flags = request[field.flags] as number;
  const version = flags >> 3 & 7;
  // A later version has another layout: a reply in this one would be garbage to its client.
  if (version === 0 || version > 4) return refuseVersion;
  if (!isRequest(version, flags & 7, sourcePort)) return refuseMode;
  const trailer = readTrailer(request, version);
  if (trailer === "none") return undefined;
  return trailer === "malformed" ? refuseMalformed : refuseAuthentication;
}

/** Version 1 had no mode: a client's first octet is 8, and its port is not the server's. */
function isRequest(version: number, requestMode: number, sourcePort: number): boolean {
  if (requestMode === mode.client || requestMode === mode.symmetricActive) return true;
  return requestMode === mode.reserved && version === 1 && sourcePort !== NTP_PORT;
}
