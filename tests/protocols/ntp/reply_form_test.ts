import { assertEquals } from "@std/assert";
import { hasReplyTimes, looksLikeNtp } from "../../../src/protocols/ntp/reply_form.ts";
import { hex } from "../../support/services.ts";

const HOUR = 0xe232_2490;

/** A packet with some fields; its receive and transmit timestamps are seconds and fractions. */
function packet(
  {
    flags = 0x24,
    stratum = 2,
    receive = [HOUR, 1],
    transmit = [HOUR, 2],
    length = 48,
  }: {
    flags?: number;
    stratum?: number;
    receive?: readonly [number, number];
    transmit?: readonly [number, number];
    length?: number;
  } = {},
): Uint8Array {
  const octets = new Uint8Array(length);
  const view = new DataView(octets.buffer);
  octets[0] = flags;
  octets[1] = stratum;
  if (length >= 48) {
    [...receive, ...transmit].forEach((word, i) => view.setUint32(32 + 4 * i, word));
  }
  return octets;
}

const NONE = [0, 0] as const;

const replies: Readonly<Record<string, Uint8Array>> = {
  "mode 4": packet(),
  "mode 2": packet({ flags: 0x1a }),
  "mode 5": packet({ flags: 0x25 }),
  "version 1": packet({ flags: 0x0c }),
  "stratum 16": packet({ stratum: 16 }),
  "a broadcast": packet({ flags: 0x25, receive: NONE }),
  "a broadcast within the first second of an era": packet({
    flags: 0x25,
    receive: NONE,
    transmit: [0, 1],
  }),
  "one reading of the clock for both": packet({ transmit: [HOUR, 1] }),
  "the next second": packet({ transmit: [HOUR + 1, 0] }),
  "an era's end": packet({ receive: [0xffff_ffff, 9], transmit: [0, 3] }),
  "no whole second": packet({ receive: [0, 1], transmit: [0, 2] }),
  "a KoD to a request without a time": packet({
    flags: 0xe4,
    stratum: 0,
    receive: NONE,
    transmit: NONE,
  }),
  "52 octets": packet({ length: 52 }),
  "a control response": hex("1682 0001 0000 0000 0000 0003 61626300"),
  "a control response of four octets": hex("1682 0001 0000 0000 0000 0004 61626364"),
  "a control response without data": hex("d680 0001 0600 0000 0000 0000"),
  "a private response": hex("9700 032a 0002 0004 0011223344556677"),
  "a private response with an error and flags beside its counts": hex("9700 032a f000 f000"),
};

const requests: Readonly<Record<string, Uint8Array>> = {
  "mode 3": packet({ flags: 0x23 }),
  "mode 1": packet({ flags: 0x21 }),
  "mode 0": packet({ flags: 0x20 }),
  "version 0": packet({ flags: 0x04 }),
  "version 5": packet({ flags: 0x2c }),
  "stratum 17": packet({ stratum: 17 }),
  "two seconds": packet({ transmit: [HOUR + 2, 0] }),
  "a second before": packet({ transmit: [HOUR - 1, 9] }),
  "no receive timestamp": packet({ receive: NONE }),
  "no times in a broadcast": packet({ flags: 0x25, receive: NONE, transmit: NONE }),
  "no times in a synchronised reply": packet({ stratum: 0, receive: NONE, transmit: NONE }),
  "no times in stratum 1": packet({
    flags: 0xe4,
    stratum: 1,
    receive: NONE,
    transmit: NONE,
  }),
  "47 octets": packet().subarray(0, 47),
  "44 octets": packet({ length: 44 }),
  "50 octets": packet({ length: 50 }),
  "one octet over and over": new Uint8Array(48).fill(0x0c),
  "a control request": hex("1602 0001 0000 0000 0000 0003 61626300"),
  "a control response cut short": hex("1682 0001 0000 0000 0000 0005 61626300"),
  "a control response with more than it says": hex("1682 0001 0000 0000 0000 0000 61626300"),
  "a control response without a header": hex("1682 0001 0000 0000 0000 00"),
  "a private request": hex("1700 032a 0002 0004 0011223344556677"),
  "a private response of fewer items": hex("9700 032a 0001 0004 0011223344556677"),
  "a private response of larger items": hex("9700 032a 0002 0005 0011223344556677"),
  "seven octets": hex("9700 032a 0000 00"),
  "nothing": new Uint8Array(),
};

Deno.test("looksLikeNtp recognises what a server sends, whatever its clock shows", () => {
  for (const [name, octets] of Object.entries(replies)) {
    assertEquals(looksLikeNtp(octets), true, name);
  }
});

Deno.test("looksLikeNtp leaves requests, and what is no NTP", () => {
  for (const [name, octets] of Object.entries(requests)) {
    assertEquals(looksLikeNtp(octets), false, name);
  }
  // A reply that differs from these in a single octet.
  const other = new Uint8Array(48).fill(0x0c);
  for (const at of [0, 1, 47]) {
    const changed = other.with(at, 0x0d);
    assertEquals(looksLikeNtp(changed), true, `${at}`);
  }
});

Deno.test("hasReplyTimes is for packets of any mode", () => {
  for (const flags of [0x23, 0x24, 0x3f, 0]) {
    assertEquals(hasReplyTimes(packet({ flags })), true);
    assertEquals(hasReplyTimes(packet({ flags, receive: NONE, transmit: NONE })), false);
    assertEquals(hasReplyTimes(packet({ flags, receive: [0, 1], transmit: NONE })), true);
    assertEquals(hasReplyTimes(packet({ flags, transmit: [HOUR + 2, 0] })), false);
  }
});
