/** Wrong values in the header of a finished NTP reply (RFC 5905 §7.3). */
import { field, leap } from "../../protocols/ntp/packet.ts";
import { toShort } from "../../protocols/ntp/timestamp.ts";
import { getUint32, putUint32 } from "../../protocols/octets.ts";
import { randomize } from "./effect.ts";
import type { Random } from "./schedule.ts";

export function setLeap(reply: Uint8Array, value: number): void {
  reply[field.flags] = (reply[field.flags] as number) & 0b0011_1111 | value << 6;
}

export function setVersion(reply: Uint8Array, value: number): void {
  reply[field.flags] = (reply[field.flags] as number) & 0b1100_0111 | value << 3;
}

export function setMode(reply: Uint8Array, value: number): void {
  reply[field.flags] = (reply[field.flags] as number) & 0b1111_1000 | value;
}

export function setStratum(reply: Uint8Array, value: number): void {
  reply[field.stratum] = value;
}

export function setReferenceId(reply: Uint8Array, value: number): void {
  putUint32(reply, field.referenceId, value);
}

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

/** The timestamps that the server sets; the origin is the client's. */
const timestamps = {
  reference: field.referenceTimestamp,
  receive: field.receiveTimestamp,
  transmit: field.transmitTimestamp,
} as const;

export const timestampFaults = ["zero", "random", "early", "late"] as const;
export const timestampFields = ["reference", "receive", "transmit", "all"] as const;

const HOUR_SECONDS = 3600;

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
