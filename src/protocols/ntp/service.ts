import type { UnixTime } from "../../clock/clock.ts";
import { FREQUENCY_TOLERANCE } from "../../clock/status.ts";
import { getUint32, putUint32 } from "../octets.ts";
import type { Answer, Responder, ServedExchange } from "../responder.ts";
import { writeKod } from "./kod.ts";
import { field, leap, NTP_HEADER_LENGTH } from "./packet.ts";
import { ntpRefusal, replyMode } from "./request.ts";
import { toShort, writeTimestamp } from "./timestamp.ts";

export interface NtpResponderOptions {
  /** Draws 32 random bits, for the part of a timestamp below the clock's precision. */
  readonly random32: () => number;
}

/**
 * The NTP service, versions 1 to 4, for clients and for symmetric peers that it
 * keeps no association with. A reply has the 48 octets of a header and is never
 * longer than its request.
 */
export function ntpResponder({ random32 }: NtpResponderOptions): Responder {
  const reference: UnixTime = { seconds: 0, nanoseconds: 0 };
  return {
    respond(exchange): Answer {
      const { request, reply, arrival, status } = exchange;
      const refused = ntpRefusal(request, exchange.source.port);
      if (refused !== undefined) return refused;
      const synchronized = status.leap !== leap.unsynchronized;
      const flags = request[field.flags] as number;
      reply[field.flags] = status.leap << 6 | flags & 0b0011_1000 | replyMode(flags & 7);
      // Unsynchronised is 16 inside a program and 0 on the wire (RFC 5905 §7.3).
      reply[field.stratum] = synchronized ? status.stratum : 0;
      reply[field.poll] = request[field.poll] as number;
      reply[field.precision] = status.precision;
      putUint32(reply, field.rootDelay, toShort(status.rootDelaySeconds));
      const ageSeconds = Math.max(arrival.seconds + 1 - status.referenceSeconds, 0);
      const dispersion = status.rootDispersionSeconds + ageSeconds * FREQUENCY_TOLERANCE;
      putUint32(reply, field.rootDispersion, toShort(dispersion));
      putUint32(reply, field.referenceId, synchronized ? status.referenceId : 0);
      reference.seconds = Math.min(status.referenceSeconds, arrival.seconds);
      writeTimestamp(reply, field.referenceTimestamp, reference, 0, 0);
      // Opaque to a server: every bit goes back as it came (RFC 5905 §8).
      for (let i = 0; i < 8; i++) {
        reply[field.originTimestamp + i] = request[field.transmitTimestamp + i] as number;
      }
      const randomBits = randomBitsOf(status.precision);
      writeTimestamp(reply, field.receiveTimestamp, arrival, randomBits, random32());
      exchange.isUnfinished = true;
      return NTP_HEADER_LENGTH;
    },

    finish(batch, first, end, departure): void {
      for (let i = first; i < end; i++) {
        const exchange = batch[i] as ServedExchange;
        if (!exchange.isUnfinished) continue;
        exchange.isUnfinished = false;
        const { reply, arrival, status } = exchange;
        const randomBits = randomBitsOf(status.precision);
        writeTimestamp(reply, field.transmitTimestamp, departure, randomBits, random32());
        // On the wire a step back by more than half an era looks like one forward.
        if (departure.seconds < arrival.seconds || !isAfter(reply)) stepPast(reply);
      }
    },

    writeKod,
  };
}

function randomBitsOf(precision: number): number {
  return Math.min(Math.max(32 + precision, 0), 32);
}

/** Compares transmit with receive, across a change of era too. */
function isAfter(reply: Uint8Array): boolean {
  const seconds = getUint32(reply, field.transmitTimestamp) -
      getUint32(reply, field.receiveTimestamp) | 0;
  if (seconds !== 0) return seconds > 0;
  return getUint32(reply, field.transmitTimestamp + 4) >
    getUint32(reply, field.receiveTimestamp + 4);
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
