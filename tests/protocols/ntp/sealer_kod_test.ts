import { assertEquals } from "@std/assert";
import { refusal, REPLY_CAPACITY } from "../../../src/protocols/responder.ts";
import { putKod } from "../../../src/protocols/ntp/sealer.ts";
import { builtIn, exchangeOf, hex } from "../../support/services.ts";

/** A request whose octets all differ, but for the first one. */
function request(flags: number, length = 48): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => i === 0 ? flags : i);
}

Deno.test("a KoD has the request's version, poll and transmit timestamp, a code and no time", () => {
  const transmit = "28292a2b2c2d2e2f";
  for (
    const [asked, answered] of [[0x23, "e4"], [0x1b, "dc"], [0x21, "e2"], [0x08, "cc"], [
      0xd9,
      "da",
    ]]
      .map(([asked, answered]) => [Number(asked), String(answered)] as const)
  ) {
    for (const [code, letters] of [["RATE", "52415445"], ["DENY", "44454e59"]] as const) {
      const reply = new Uint8Array(REPLY_CAPACITY).fill(0xa5);
      assertEquals(builtIn("ntp").writeKod?.(exchangeOf(request(asked), reply), code), 48);
      const expected = hex(
        `${answered}000200 ${"00".repeat(8)} ${letters} ${"00".repeat(8)} ${transmit.repeat(3)}`,
      );
      assertEquals(reply.subarray(0, 48), expected, `${asked} ${code}`);
      assertEquals(reply[48], 0xa5);
    }
  }
  const reply = new Uint8Array(48);
  putKod(request(0x23), reply, 0x49_4e_49_54);
  assertEquals(new TextDecoder().decode(reply.subarray(12, 16)), "INIT");
});

Deno.test("no KoD goes to what gets no NTP reply", () => {
  const cases = [[0x24, 48, "mode"], [0x23, 47, "malformed"], [0x2b, 48, "version"]] as const;
  for (const [flags, length, cause] of cases) {
    const reply = new Uint8Array(REPLY_CAPACITY).fill(0xa5);
    assertEquals(
      builtIn("ntp").writeKod?.(exchangeOf(request(flags, length), reply), "RATE"),
      refusal(cause),
    );
    assertEquals(reply, new Uint8Array(REPLY_CAPACITY).fill(0xa5));
  }
});
