import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import {
  dateOf,
  parseLeapList,
  parseLeapSeconds,
  verifyLeapList,
} from "../../../../src/clock/sources/timeline/leap_seconds.ts";
import { where } from "../../../support/needs.ts";

/** The published list's lines of 1972, 2017 and one to come; its hash by sha1sum of the digits. */
const list = "#$ 3676924800\n#@ 4023129600\n2272060800\t10\t# 1 Jan 1972\n" +
  "2287785600 11 # 1 Jul 1972\n\n3692217600\t37\t# 1 Jan 2017\r\n4070908800 36\n";

Deno.test("parseLeapList reads a list as it is published", () => {
  const { leaps, expires } = parseLeapList(list);
  assertEquals(leaps.map((leap) => `${leap.kind} ${dateOf(leap)}`), [
    "insert 1972-06-30",
    "insert 2016-12-31",
    "delete 2028-12-31",
  ]);
  assertEquals(expires?.toString(), "2027-06-28T00:00:00Z");
  assertEquals(parseLeapSeconds(list), leaps);
  const long = `${list}#`.padEnd(1_000_000);
  assertEquals(parseLeapSeconds(long), leaps);
  assertThrows(() => parseLeapSeconds(`${long} `), SyntaxError, "it is too long");
});

Deno.test("parseLeapList refuses other text, and leap seconds that end no day", () => {
  const wrong: [text: string, why: string][] = [
    ["", "there are none"],
    ["# nothing", "there are none"],
    ["2272060800", "line 1 is not two numbers"],
    ["2272060800 10\na b", "line 2 is not two numbers"],
    ["2272060800 10\n2287785601 11", "line 2 has a leap second at 1972-07-01T00:00:01Z"],
    ["9".repeat(1_000_001), "it is too long"],
  ];
  for (const [text, why] of wrong) {
    assertThrows(() => parseLeapList(text), SyntaxError, `Cannot read the leap seconds: ${why}`);
  }
});

Deno.test(
  await where(
    { files: ["/usr/share/zoneinfo/leap-seconds.list"] },
    "verifyLeapList accepts the published list, and none that was changed or cut",
    async () => {
      const text = await Deno.readTextFile("/usr/share/zoneinfo/leap-seconds.list");
      await verifyLeapList(text);
      const changed = text.replace("2287785600", "2287785601");
      for (const wrong of [changed, text.replace(/^3692217600.*\n/m, "")]) {
        await assertRejects(() => verifyLeapList(wrong), SyntaxError, "its hash does not match");
      }
    },
  ),
);

Deno.test("verifyLeapList compares each word of a hash, and passes a list without one", async () => {
  await verifyLeapList(list);
  // The numbers of the list by sha1sum, for an expiry whose hash has words with leading zeros.
  const text = list.replace("4023129600", "4023129959");
  const words = ["00ba10e0", "f9bdc9fa", "054f6c93", "6943c8cb", "bb06d35c"];
  const write = (hash: readonly string[]): string => `${text}#h\t${hash.join(" ")}\n`;
  await verifyLeapList(write(words));
  await verifyLeapList(write(words.map((word) => word.replace(/^0+/, ""))));
  const wrong = [
    ...words.map((word, i) => words.with(i, ((parseInt(word, 16) ^ 1) >>> 0).toString(16))),
    words.slice(1),
    [...words, "0"],
    words.with(2, "-54f6c93"),
    words.with(2, "054f6c93z"),
    [],
  ];
  for (const hash of wrong) {
    await assertRejects(() => verifyLeapList(write(hash)), SyntaxError, "its hash does not match");
  }
});
