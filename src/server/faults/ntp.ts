/** False values in the header of a finished NTP reply (RFC 5905 §7.3). */
import { field, leap } from "../../protocols/ntp/packet.ts";
import { toShort } from "../../protocols/ntp/timestamp.ts";
import { getUint32, putUint32 } from "../../protocols/octets.ts";
import type { Random } from "./schedule.ts";
import { randomize } from "./octets.ts";

/** Sets the leap bits, 0 to 3. */
export function setLeap(reply: Uint8Array, value: number): void {
  reply[field.flags] = (reply[field.flags] as number) & 0b0011_1111 | value << 6;
}

/** Sets the version, 0 to 7. */
export function setVersion(reply: Uint8Array, value: number): void {
  reply[field.flags] = (reply[field.flags] as number) & 0b1100_0111 | value << 3;
}

/** Sets the mode, 0 to 7. */
export function setMode(reply: Uint8Array, value: number): void {
  reply[field.flags] = (reply[field.flags] as number) & 0b1111_1000 | value;
}

/** Sets the stratum, 0 to 255. */
export function setStratum(reply: Uint8Array, value: number): void {
  reply[field.stratum] = value;
}

/** Sets the reference id, 32 bits. */
export function setReferenceId(reply: Uint8Array, value: number): void {
  putUint32(reply, field.referenceId, value);
}

/** Sets the root delay and dispersion that are given. */
export function setRoot(
  reply: Uint8Array,
  delaySeconds: number | undefined,
  dispersionSeconds: number | undefined,
): void {
  if (delaySeconds !== undefined) putUint32(reply, field.rootDelay, toShort(delaySeconds));
  if (dispersionSeconds === undefined) return;
  putUint32(reply, field.rootDispersion, toShort(dispersionSeconds));
}

/** Reports an unsynchronised clock, as a server that has just started does. */
export function setUnsynchronized(reply: Uint8Array): void {
  setLeap(reply, leap.unsynchronized);
  setStratum(reply, 0);
  setReferenceId(reply, 0);
}

/** The timestamps that are the server's own. */
const timestamps = {
  reference: field.referenceTimestamp,
  receive: field.receiveTimestamp,
  transmit: field.transmitTimestamp,
} as const;

/** The false values of a timestamp, and which of them it can be. */
export const timestampFaults = ["zero", "random", "early", "late"] as const;
export const timestampFields = ["reference", "receive", "transmit", "all"] as const;

const HOUR_SECONDS = 3600;

/** Falsifies a timestamp, or all three. */
export function setTimestamps(
  reply: Uint8Array,
  which: (typeof timestampFields)[number],
  to: (typeof timestampFaults)[number],
  random: Random,
): void {
  for (const at of which === "all" ? Object.values(timestamps) : [timestamps[which]]) {
    if (to === "zero") reply.fill(0, at, at + 8);
    else if (to === "random") randomize(reply, at, at + 8, random);
    else {
      const shift = to === "late" ? HOUR_SECONDS : -HOUR_SECONDS;
      putUint32(reply, at, getUint32(reply, at) + shift);
    }
  }
}

/** Makes it the reply to another request. */
export function setRandomOrigin(reply: Uint8Array, random: Random): void {
  randomize(reply, field.originTimestamp, field.originTimestamp + 8, random);
}
