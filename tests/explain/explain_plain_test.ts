import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { explain } from "../../src/explain/explain.ts";
import type { Explanation, SeenExchange } from "../../src/explain/explanation.ts";
import { type WireProtocol, wireProtocols } from "../../src/protocols/registry.ts";
import { check } from "../support/property.ts";

const at = Temporal.Instant.from("2026-11-22T18:00:00.5Z");
const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

function explained(
  protocol: WireProtocol,
  reply: Uint8Array,
  more: Partial<SeenExchange> = {},
): Explanation {
  const request = new Uint8Array();
  return explain({ protocol, request, reply, localPrecision: -20, pivot: at, ...more });
}

function rows({ reply = [] }: Explanation): unknown[] {
  return reply.map(({ name, offset, octets, meaning }) => [name, offset, octets.length, meaning]);
}

Deno.test("explain dissects an asctime text", () => {
  const explanation = explained("asctime", encode("Fri Apr  3 21:09:36 2020\r\n"));
  assertEquals(rows(explanation), [
    ["Weekday", 0, 4, '"Fri ": not compared with the date'],
    ["Month", 4, 4, '"Apr ": an English name, in every locale'],
    ["Day", 8, 3, '" 3 ": padded with a space'],
    ["Time of day", 11, 8, '"21:09:36": the server\'s, of no known zone'],
    ["Year", 19, 5, '" 2020": all of its digits'],
    ["End", 24, 2, String.raw`"\r\n": dropped`],
  ]);
  assertEquals(explanation.failure, undefined);
  const long = explained("asctime", encode("Fri Apr  3 21:09:36 12020"));
  assertEquals(rows(long), [["Text", 0, 25, '"Fri Apr  3 21:09:36 12020"']]);
});

Deno.test("explain reads a Daytime line, and describes the octets around it", () => {
  assertEquals(rows(explained("daytime", encode("\n22 NOV 2026 16:44:35 UTC\r\n"))), [
    ["Line break", 0, 1, "before"],
    ["Line", 1, 24, '"22 NOV 2026 16:44:35 UTC": 2026-11-22T16:44:35, UTC+00:00'],
    ["End", 25, 2, String.raw`"\r\n": dropped`],
  ]);
});

Deno.test("explain reads the seconds of the Time protocol, in whichever era", () => {
  const moon = explained("time", Uint8Array.fromHex("eeadac20"));
  // 0xeeadac20 is 4004359200.
  assertEquals(rows(moon), [["Seconds since 1900", 0, 4, "4004359200 = 2026-11-22T18:00:00Z"]]);
  const era1 = explained("time", Uint8Array.fromHex("00000000"), {
    pivot: Temporal.Instant.from("2040-01-01T00:00:00Z"),
  });
  assertEquals(rows(era1), [["Seconds since 1900", 0, 4, "0 = 2036-02-07T06:28:16Z"]]);
  const padded = explained("time", Uint8Array.fromHex("eeadac2000000000"));
  assertEquals([rows(padded).length, padded.failure], [2, undefined]);
  const wrong = explained("time", Uint8Array.fromHex("eeadac2000000001"));
  assertEquals(wrong.failure?.reason, "not_a_time");
  const times = { sentAt: at, receivedAt: at.add({ milliseconds: 20 }) };
  const timed = explained("time", Uint8Array.fromHex("eeadac20"), { times });
  assertEquals(timed.measurement?.offset, -510_000_000n);
  assertEquals(timed.measurement?.errorBound, 1_020_000_000n);
});

Deno.test("explain shows what is no time, escaped", () => {
  const hostile = explained("daytime", encode('\x1b[2J"\\'));
  assertEquals(rows(hostile), [["Unknown", 0, 6, String.raw`"\x1b[2J\"\\"`]]);
  assertEquals(hostile.failure?.reason, "not_a_time");
});

const octets = fc.oneof(
  fc.uint8Array({ maxLength: 200 }),
  fc.uint8Array({ minLength: 48, maxLength: 48 }),
  fc.uint8Array({ minLength: 68, maxLength: 240 }).map((octets) => {
    octets[0] = 0x24;
    octets.set([0, 16, 0, 20], 50);
    return octets;
  }),
  fc.string({ maxLength: 40 }).map(encode),
);

Deno.test("explain never throws, and shows every octet once and nothing but text", () => {
  const anything = fc.record({
    protocol: fc.constantFrom(...wireProtocols),
    request: octets,
    reply: octets,
    copiesOrigin: fc.boolean(),
    isTimed: fc.boolean(),
    seconds: fc.integer({ min: -1_000_000_000, max: 9_000_000_000 }),
    elapsedMs: fc.integer({ min: -5000, max: 5000 }),
  });
  check(
    fc.property(anything, (each) => {
      const { protocol, request, reply, copiesOrigin, isTimed, seconds, elapsedMs } = each;
      // Otherwise no test beyond the origin would ever be reached.
      if (copiesOrigin && request.length >= 48 && reply.length >= 48) {
        reply[0] = (reply[0] as number) & 0xc0 | 0x24;
        reply.set(request.subarray(40, 48), 24);
      }
      const sentAt = Temporal.Instant.fromEpochMilliseconds(seconds * 1000);
      const receivedAt = sentAt.add({ milliseconds: elapsedMs });
      const explanation = explain({
        protocol,
        request,
        reply,
        localPrecision: -20,
        pivot: receivedAt,
        ...(isTimed && { times: { sentAt, receivedAt }, isFromServer: true }),
      });
      for (
        const [datagram, fields] of [[request, explanation.request], [
          reply,
          explanation.reply,
        ]] as const
      ) {
        const shown = (fields ?? []).filter(({ bits = "" }) => !bits.startsWith("."))
          .flatMap(({ octets }) => [...octets]);
        assertEquals(shown, [...datagram]);
        for (const { meaning } of fields ?? []) {
          assertEquals(/[^ -~µ…§]/.exec(meaning), null, meaning);
        }
      }
      assertEquals(
        explanation.failure !== undefined,
        explanation.tests.some(({ result }) => result === "failed"),
      );
    }),
    3000,
  );
});
