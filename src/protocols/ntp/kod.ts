import { parseReferenceId } from "../../text/reference_id.ts";
import { putUint32 } from "../octets.ts";
import type { KissCode } from "../responder.ts";
import { field, leap, NTP_HEADER_LENGTH } from "./packet.ts";
import { replyMode } from "./request.ts";

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
