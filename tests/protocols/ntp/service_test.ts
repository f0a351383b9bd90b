import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { encodeNtpPacket } from "../../../src/protocols/ntp/packet.ts";
import { ntpResponder } from "../../../src/protocols/ntp/service.ts";
import { check } from "../../support/property.ts";
import {
  answer,
  ask,
  type AskOptions,
  exchangeOf,
  hex,
  NOW,
  octetsOf,
  STATUS,
  UNSYNCHRONIZED_STATUS,
} from "../../support/services.ts";

const responder = ntpResponder({ random32: () => 0 });

/** A request of one octet and zeros. */
function bare(version: number, mode: number, length = 48): Uint8Array<ArrayBuffer> {
  const request = new Uint8Array(length);
  request[0] = version << 3 | mode;
  return request;
}

/** NOW and the next unit, in era 0, in the clock's 20 bits of fraction. */
const RECEIVE = "e2322490 1f9ad000";
const TRANSMIT = "e2322490 1f9ad001";

Deno.test("ntpResponder answers modes 1, 3 and version 1's 0, and nothing else", () => {
  for (const port of [123, 1, 53, 1023, 1024, 51402, 65535]) {
    for (let version = 0; version < 8; version++) {
      for (let mode = 0; mode < 8; mode++) {
        for (const leap of [0, 1, 2, 3]) {
          const request = bare(version, mode);
          request[0] = leap << 6 | version << 3 | mode;
          const reply = ask(responder, request, { port });
          const replyMode = mode === 0 && version === 1 && port !== 123
            ? 4
            : ({ 1: 2, 3: 4 } as Record<number, number>)[mode];
          const row = `${leap} ${version} ${mode} from ${port}`;
          if (version === 0 || version > 4) assertEquals(reply, "version", row);
          else if (replyMode === undefined) assertEquals(reply, "mode", row);
          else {
            assert(typeof reply !== "string", row);
            assertEquals(reply.length, 48, row);
            assertEquals(reply[0], 1 << 6 | version << 3 | replyMode, row);
          }
        }
      }
    }
  }
});

Deno.test("ntpResponder's reply is, octet by octet, what RFC 5905 has there", () => {
  const request = hex(`
    23 05 09 20  00010000  00020000  11121314
    2122232425262728  3132333435363738  4142434445464748  5152535455565758
  `);
  // Dispersion: 0.5 s and 15 ppm of 100 s, 32866.304 units, rounded up.
  assertEquals(
    ask(responder, request),
    hex(`
      64 07 09 ec  00004000  00008063  c0000201
      e232242d00000000  5152535455565758  ${RECEIVE}  ${TRANSMIT}
    `),
  );
});

/** Requests as the clients of dossier section 14 send them, and how their replies begin. */
const wild: Record<string, [request: string, reply: string]> = {
  "23 and zeros": ["23", "64070000"],
  "lwIP, whose transmit timestamp is zero": ["23", "64070000"],
  "Arduino NTPClient": ["e30006ec 00000000 00000000 314e3134", "64070600"],
  "Windows, symmetric active": [
    `d9000afa 00000000 00010290 00000000 ${"00".repeat(24)} e232249011223344`,
    "5a070a00",
  ],
  "version 1 without a mode": ["08", "4c070000"],
  "version 1 with one": ["0b", "4c070000"],
  "version 2": ["13", "54070000"],
  "Android, version 3": [`1b ${"00".repeat(39)} e2322490aabbccdd`, "5c070000"],
  "ntpdate": [
    `e30003fa 00010000 00010000 00000000 ${"00".repeat(24)} e232249012345678`,
    "64070300",
  ],
  "chronyd, with a random transmit timestamp": [
    `23000620 ${"00".repeat(36)} 8c51f3d6a0b1c2d3`,
    "64070600",
  ],
  "busybox, polling as a client of version 4": [`230008fa ${"00".repeat(36)} 01`, "64070800"],
  "a peer with its whole state": [
    `21 03 f8 e8 ffffffff ffffffff ffffffff ${"ff".repeat(24)} ffffffffffffffff`,
    "6207f800",
  ],
  "a probe for version 5 in its reference timestamp": [
    `23000000 ${"00".repeat(12)} 4e5450354e545035 ${"00".repeat(16)} 0102030405060708`,
    "64070000",
  ],
};

Deno.test("ntpResponder answers the clients there are", () => {
  for (const [name, [request, reply]] of Object.entries(wild)) {
    const octets = new Uint8Array(48);
    octets.set(hex(request));
    const got = answer(responder, octets);
    const head = hex(reply);
    assertEquals([...got.subarray(0, 3)], [...head.subarray(0, 3)], name);
    assertEquals(got.subarray(16, 24), hex("e232242d00000000"), `${name}: our own reference`);
    assertEquals(got.subarray(24, 32), octets.subarray(40), `${name}: origin`);
    assertEquals(got.subarray(32), hex(RECEIVE + TRANSMIT), name);
  }
});

Deno.test("ntpResponder echoes any 64 bits as the origin, and the poll", () => {
  check(fc.property(
    fc.uint8Array({ minLength: 8, maxLength: 8 }),
    fc.nat(255),
    (cookie, poll) => {
      const request = bare(4, 3);
      request.set(cookie, 40);
      request[2] = poll;
      const reply = answer(responder, request);
      assertEquals(reply.subarray(24, 32), Uint8Array.from(cookie));
      assertEquals(reply[2], poll);
    },
  ));
});

Deno.test("ntpResponder answers 48 octets to 48, and refuses any other unmarked length", () => {
  for (let length = 0; length <= 2048; length++) {
    const request = bare(4, 3, length);
    const reply = ask(responder, request);
    if (length === 48) assertEquals(reply.length, 48);
    // Four zero octets are a crypto-NAK; 20 and 24 of anything are a code.
    else if ([52, 68, 72].includes(length)) assertEquals(reply, "authentication");
    else assertEquals(reply, "malformed", `${length}`);
  }
});

Deno.test("ntpResponder answers 48 octets to well-formed fields of every length", () => {
  for (let length = 28; length <= 2000; length += 4) {
    const request = bare(4, 3, 48 + length);
    new DataView(request.buffer).setUint32(48, 0x2007_0000 + length);
    assertEquals(ask(responder, request).length, 48, `${length}`);
    for (const version of [1, 2, 3]) {
      request[0] = version << 3 | 3;
      const refused = ask(responder, request);
      assert(refused === "malformed" || refused === "authentication");
    }
  }
});

Deno.test("ntpResponder refuses NTS and codes as authentication", () => {
  const trailers = ["01040024", "02040068", "04040028"].map((head) => {
    const length = parseInt(head.slice(4), 16);
    return hex(head + "00".repeat(length - 4));
  });
  trailers.push(new Uint8Array(20).fill(1), new Uint8Array(24).fill(1), new Uint8Array(4));
  for (const trailer of trailers) {
    const request = Uint8Array.from([...bare(4, 3), ...trailer]);
    assertEquals(ask(responder, request), "authentication");
  }
});

Deno.test("ntpResponder is silent to its own replies, to text and to times", () => {
  for (const status of [STATUS, UNSYNCHRONIZED_STATUS]) {
    const other = ntpResponder({ random32: () => 0x1234_5678 });
    for (let version = 1; version <= 4; version++) {
      for (const mode of [0, 1, 3]) {
        const reply = ask(other, bare(version, mode), { status });
        if (typeof reply === "string") continue;
        for (const port of [123, 51402]) assertEquals(ask(responder, reply, { port }), "mode");
      }
    }
  }
  for (const text of ["", "Time request", "Fri Apr  3 21:09:36 2020\r\n", "\xe2\x32\x24\x90"]) {
    assertEquals(ask(responder, octetsOf(text)), "malformed");
  }
});

Deno.test("ntpResponder never throws, and never replies with more octets than the request", () => {
  let answered = 0;
  const judge = (request: Uint8Array, port: number): void => {
    const reply = ask(responder, request, { port });
    if (typeof reply === "string") return;
    answered++;
    assert(reply.length === 48 && request.length >= 48);
    assertEquals(reply.subarray(24, 32), Uint8Array.from(request.subarray(40, 48)));
    const [mode = 0] = request;
    assert([1, 3].includes(mode & 7) || (mode & 63) === 8, `${mode}`);
  };
  const port = fc.oneof(fc.constant(123), fc.nat(65535));
  const octets = fc.uint8Array({ maxLength: 300 });
  check(fc.property(octets, port, judge), 10_000);

  // Most random octets fail the first test: these are right but for some of them.
  const field = fc.record({
    type: fc.oneof(fc.constantFrom(0x0104, 0x0204, 0x0304, 0x0404, 0, 0x2007), fc.nat(0xffff)),
    length: fc.oneof(fc.nat(80), fc.nat(0xffff)),
    size: fc.integer({ min: 3, max: 20 }),
  });
  const mutated = fc.record({
    flags: fc.constantFrom(0x23, 0xe3, 0x21, 0x63, 0x1b, 0xd9, 0x08, 0x0b, 0x13, 0x24, 0x16, 0x2b),
    fields: fc.array(field, { maxLength: 4 }),
    isHonest: fc.boolean(),
    tail: fc.constantFrom(0, 0, 0, 0, 0, 0, 0, 4, 8, 12, 16, 20, 24, 28, 3),
    flips: fc.array(fc.tuple(fc.nat(500), fc.nat(255)), { maxLength: 2 }),
    cut: fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, fc.nat(60)),
  });
  check(
    fc.property(mutated, port, ({ flags, fields, isHonest, tail, flips, cut }, port) => {
      const trailer = fields.flatMap(({ type, length, size }) => {
        const octets = new Uint8Array(size * 4);
        const stated = isHonest ? octets.length : length;
        new DataView(octets.buffer).setUint32(0, (type * 65_536 + stated) >>> 0);
        return [...octets];
      });
      const request = Uint8Array.from([flags, ...new Uint8Array(47), ...trailer, ...Array(tail)]);
      for (const [at, octet] of flips) if (at < request.length) request[at] = octet;
      judge(request.subarray(0, request.length - cut), port);
    }),
    10_000,
  );
  assert(answered > 500, `only ${answered} of them were answered`);
});

Deno.test("ntpResponder's reply to a request in a larger buffer keeps to its octets", () => {
  const buffer = new Uint8Array(200).fill(0xee);
  buffer.set(
    encodeNtpPacket({
      leap: 0,
      version: 4,
      mode: 3,
      stratum: 0,
      poll: 0,
      precision: 0,
      rootDelay: 0,
      rootDispersion: 0,
      referenceId: 0,
      referenceTimestamp: 0n,
      originTimestamp: 0n,
      receiveTimestamp: 0n,
      transmitTimestamp: 0x0102_0304_0506_0708n,
    }),
    7,
  );
  const reply = answer(responder, buffer.subarray(7, 55), { at: NOW });
  assertEquals(reply.subarray(24, 32), hex("0102030405060708"));
});

Deno.test("ntpResponder fills random bits into what is below the precision of each clock alone", () => {
  // In era 0, with a fraction of which every third bit is set.
  const at = { seconds: 1, nanoseconds: Math.ceil(0x6db6_db6d * 1e9 / 2 ** 32) };
  const then = { seconds: 2, nanoseconds: at.nanoseconds };
  const exact = Math.floor(at.nanoseconds * (2 ** 32 / 1e9));
  for (const random of [0, 0xffff_ffff, 0x5555_5555, -1, 0x8000_0001]) {
    const random32 = (): number => random;
    // One responder, so that no clock has the bits of the one before.
    const responder = ntpResponder({ random32 });
    for (const precision of [-32, -31, -20, -10, -1, 0, 3, -40]) {
      const reply = answer(responder, bare(4, 3), { at, then, status: { ...STATUS, precision } });
      const mask = (2 ** Math.min(Math.max(32 + precision, 0), 32) - 1) >>> 0;
      const view = new DataView(reply.buffer);
      const received = ((exact & ~mask) | (random & mask)) >>> 0;
      // No bit of a transmit timestamp makes it later than the clock showed.
      const share = (random >>> 0) / 2 ** 32 * (((exact & mask) >>> 0) + 1);
      const sent = ((exact & ~mask) >>> 0) + Math.floor(share);
      assert(sent <= exact);
      assertEquals([view.getUint32(36), view.getUint32(44)], [received, sent], `${precision}`);
    }
  }
});

Deno.test("ntpResponder's reply has the status and the second of its own arrival", () => {
  const better = { ...STATUS, leap: 2, stratum: 1, precision: -30, rootDispersionSeconds: 0.25 };
  const later = { seconds: NOW.seconds + 100, nanoseconds: 0 };
  const cases: AskOptions[] = [
    ...[{ at: NOW, status: STATUS }, { at: NOW, status: better }, { at: later, status: better }],
    ...[{ at: later, status: UNSYNCHRONIZED_STATUS }, { at: later, status: STATUS }],
    // Before its reference time, an age of none.
    { at: { seconds: STATUS.referenceSeconds - 5, nanoseconds: 7 }, status: STATUS },
  ];
  const alone = cases.map((options) =>
    answer(ntpResponder({ random32: () => 0 }), bare(4, 3), options)
  );
  assertEquals(new Set(alone.map((reply) => reply.toHex())).size, cases.length);
  assertEquals(cases.map((options) => answer(responder, bare(4, 3), options)), alone);
});

Deno.test("ntpResponder finishes the replies of a batch that leave, each with its own clock", () => {
  const random32 = (): number => -1;
  const responder = ntpResponder({ random32 });
  const statuses = [STATUS, { ...STATUS, precision: -31 }, STATUS];
  const batch = statuses.map((status) => {
    const exchange = exchangeOf(bare(4, 3), new Uint8Array(1232), { at: NOW, status });
    assertEquals(responder.respond(exchange), 48);
    return exchange;
  });
  const transmits = (): string[] => batch.map(({ reply }) => reply.subarray(40, 48).toHex());
  const fraction = Math.floor(5000 * (2 ** 32 / 1e9));
  const departure = { seconds: NOW.seconds + 1, nanoseconds: 5000 };
  responder.finish?.(batch, 1, 3, departure);
  const exact = `e2322491${fraction.toString(16).padStart(8, "0")}`;
  assertEquals(transmits(), ["0000000000000000", exact, exact]);
  assertEquals(batch.map(({ isUnfinished }) => isUnfinished), [true, false, false]);
});
