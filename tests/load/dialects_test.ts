import { assert, assertEquals } from "@std/assert";
import {
  asctimeDialect,
  daytimeDialect,
  formatAsctime,
  ntpDialect,
  timeDialect,
} from "../../src/load/dialects.ts";
import { inZone } from "../support/zone.ts";

Deno.test("formatAsctime writes like C", () => {
  const text = formatAsctime(new Date(2020, 3, 3, 21, 9, 6).getTime() / 1000);
  assertEquals(text, "Fri Apr  3 21:09:06 2020");
  assertEquals(formatAsctime(1_585_948_146, "utc"), "Fri Apr  3 21:09:06 2020");
});

Deno.test("dialects of texts accept the local time and UTC, without a word of which", async () => {
  const now = Date.UTC(2125, 3, 3, 1, 9, 6) / 1000;
  await inZone(-4 * 3600, () => {
    assertEquals(formatAsctime(now), "Mon Apr  2 21:09:06 2125");
    const [asctime, daytime] = [asctimeDialect(), daytimeDialect()];
    assertEquals(new TextDecoder().decode(asctime.request), "Time request");
    for (const dialect of [asctime, daytime]) {
      // A tick of the same second changes nothing, one of another second does.
      for (const seconds of [now - 60, now, now]) dialect.tick(seconds);
      const verify = (text: string): boolean =>
        dialect.verify(new TextEncoder().encode(text), 0, text.length);
      for (const text of ["Tue Apr  3 01:09:06 2125", "Mon Apr  2 21:09:06 2125"]) {
        assertEquals(verify(text), true, text);
      }
      for (const text of ["Tue Apr  3 02:09:06 2125", "Tue Apr  3 01:08:06 2125"]) {
        assertEquals(verify(text), false, text);
      }
    }
    // A year has four digits, or its last two.
    const line = (text: string): boolean =>
      daytime.verify(new TextEncoder().encode(text), 0, text.length);
    assertEquals(["25-04-03 01:09:06", "125-04-03 01:09:06"].map(line), [true, false]);
  });
});

Deno.test("asctimeDialect accepts the seconds around now and nothing else", () => {
  const dialect = asctimeDialect();
  const now = 1_600_000_000;
  dialect.tick(now);
  const verify = (text: string): boolean => {
    const octets = new TextEncoder().encode("\0" + text);
    return dialect.verify(octets, 1, octets.length - 1);
  };
  for (const offset of [-2, -1, 0, 1, 2]) assert(verify(formatAsctime(now + offset)), `${offset}`);
  for (const offset of [-2, 2]) assert(verify(formatAsctime(now + offset, "utc")), `${offset}`);
  for (const offset of [-3, 3, 420, -86_400]) assert(!verify(formatAsctime(now + offset)));
  assert(!verify(formatAsctime(now) + "\n"));
  assert(!verify(formatAsctime(now).slice(1)));
  assert(!verify(""));
  dialect.tick(now + 3);
  assert(!verify(formatAsctime(now)));
});

Deno.test("ntpDialect accepts a synchronised server's current reply and nothing else", () => {
  const dialect = ntpDialect();
  assertEquals(dialect.request.length, 48);
  assertEquals(dialect.request[0], 0x23);
  assertEquals(dialect.identity, { inRequest: 40, inReply: 24 });
  // Of 2036-02-07, so that the seconds go from 2^32 - 1 to 0 within the tolerance.
  const now = 2 ** 32 - 2_208_988_800;
  dialect.tick(now);
  const verify = (change: (reply: DataView<ArrayBuffer>) => void, length = 48): boolean => {
    const octets = new Uint8Array(128);
    const reply = new DataView(octets.buffer, 7);
    octets.set([0x24, 10], 7);
    reply.setUint32(32, 2 ** 32 - 1);
    reply.setUint32(40, 1);
    change(reply);
    return dialect.verify(octets, 7, length);
  };
  assert(verify(() => {}));
  for (const length of [0, 47, 49, 68]) assert(!verify(() => {}, length), `${length} octets`);
  for (const flags of [0x23, 0x25, 0x1c, 0xe4]) assert(!verify((r) => r.setUint8(0, flags)));
  for (const stratum of [0, 16]) assert(!verify((r) => r.setUint8(1, stratum)));
  for (const stratum of [1, 15]) assert(verify((r) => r.setUint8(1, stratum)));
  for (const field of [32, 40]) {
    for (const offset of [-2, 2]) assert(verify((r) => r.setUint32(field, offset)));
    for (const offset of [-3, 3, 2 ** 31]) assert(!verify((r) => r.setUint32(field, offset)));
  }
});

Deno.test("daytimeDialect accepts the usual forms of the current time", () => {
  const dialect = daytimeDialect();
  assertEquals(dialect.request.length, 0);
  dialect.tick(Date.UTC(2020, 3, 3, 21, 9, 36) / 1000);
  const verify = (text: string): boolean => {
    const octets = new TextEncoder().encode(`\0${text}`);
    return dialect.verify(octets, 1, octets.length - 1);
  };
  for (
    const text of [
      "Fri Apr  3 21:09:36 2020\r\n",
      "Fri Apr  3 21:09:34 2020\n",
      "Friday, April 3, 2020 21:09:38-UTC",
      "03 APR 2020 21:09:36 UTC\r\n",
      "2020-04-03T21:09:36Z\r\n",
      "\n58942 20-04-03 21:09:36 50 0 0 173.3 UTC(NIST) * \n",
    ]
  ) assert(verify(text), text);
  for (
    const text of [
      "",
      "21:09:36",
      "Fri Apr  3 21:09:39 2020\r\n",
      "Fri Apr 13 21:09:36 2020\r\n",
      "Fri Apr  3 21:09:36 2021\r\n",
      "Fri Apr  3 21:09:36 2020\r\nand more",
      "Fri Apr  3 21:09:36 2020\x1b",
      "Fri Apr  3 21:09:36 2020".padEnd(101, "."),
    ]
  ) assert(!verify(text), text);
});

Deno.test("timeDialect accepts four octets with a second around now", () => {
  const dialect = timeDialect();
  assertEquals(dialect.request.length, 0);
  // Across the end of the 32 bits, in 2036.
  dialect.tick(2 ** 32 - 2_208_988_800);
  const verify = (seconds: number, length = 4): boolean => {
    const octets = new Uint8Array(9);
    new DataView(octets.buffer).setInt32(3, seconds);
    return dialect.verify(octets, 3, length);
  };
  for (const seconds of [-2, -1, 0, 1, 2]) assert(verify(seconds), `${seconds}`);
  for (const seconds of [-3, 3, 2 ** 31 - 1]) assert(!verify(seconds), `${seconds}`);
  for (const length of [0, 3, 5]) assert(!verify(0, length), `${length} octets`);
  dialect.tick(1_600_000_000);
  const seconds = 1_600_000_000 + 2_208_988_800;
  assertEquals([verify(seconds + 2), verify(seconds + 3), verify(0)], [true, false, false]);
});
