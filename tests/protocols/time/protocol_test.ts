import { assertEquals, assertThrows } from "@std/assert";
import { DecodeError } from "../../../src/protocols/decode_error.ts";
import { time } from "../../../src/protocols/time/protocol.ts";
import type { SecondsReply } from "../../../src/protocols/reply.ts";
import { hex } from "../../support/services.ts";

const { Duration, Instant } = Temporal;

/** Reads a reply that came after a round trip. */
function read(
  octets: string,
  roundTrip: Temporal.DurationLike = { milliseconds: 100 },
): SecondsReply {
  const sentAt = Instant.from("2020-04-03T21:09:36Z");
  return time.read({
    url: "time://192.0.2.1",
    request: new Uint8Array(),
    octets: hex(octets),
    from: { transport: "udp", hostname: "192.0.2.1", port: 37 },
    sentAt,
    receivedAt: sentAt.add(roundTrip),
    roundTrip: Duration.from(roundTrip),
  });
}

Deno.test("a Time reply is compared with the middle of the round trip, half of which is in the bound", () => {
  const { offset, errorBound, hasTime, warnings } = read("e2322490");
  assertEquals(offset.toString(), "-PT0.05S");
  assertEquals(errorBound.total("milliseconds"), 50 + 1010);
  assertEquals([hasTime, warnings], [true, []]);
  // A bound of half a nanosecond less would not hold.
  const odd = read("e2322491", { nanoseconds: 3 });
  assertEquals(odd.offset.total("nanoseconds"), 1e9 - 2);
  assertEquals(odd.errorBound.total("nanoseconds"), 1_010_000_002);
});

Deno.test("a Time reply may have four octets more, all of them zero, and a warning then", () => {
  const padded = read("e2322490 00000000");
  assertEquals(padded.time.toString(), "2020-04-03T21:09:36Z");
  assertEquals(padded.warnings.length, 1);
  const wrong = ["", "e23224", "e232249000", "e232249000000001", "e232249001000000"];
  for (const octets of [...wrong, "e2322490000000000000000000"]) {
    assertThrows(() => read(octets), DecodeError, "not a time of RFC 868", octets);
  }
});
