import { assertEquals, assertThrows } from "@std/assert";
import { parsePosixZone } from "../../src/system/posix_zone.ts";
import { readTzif } from "../../src/system/tzif.ts";
import { where } from "../support/needs.ts";

const FOLDER = "/usr/share/zoneinfo";

/** Moments around every change of years with and without a leap day, and some far away. */
const moments = [1999, 2000, 2023, 2024, 2037, 2038, 2100].flatMap((year) =>
  Array.from({ length: 12 * 4 + 1 }, (_, i) => Date.UTC(year, 0, 1, i * 182.5) / 1000)
).concat([-2_208_988_800, -1, 0, 1_585_443_599, 1_585_443_600, 4_102_444_800, 32_503_680_000]);

/** The same from C. */
async function offsetsOfC(zones: readonly string[]): Promise<number[][]> {
  const script = new URL("zone_of_c.py", import.meta.url);
  const python = new Deno.Command("python3", {
    args: ["-c", await Deno.readTextFile(script)],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const writer = python.stdin.getWriter();
  const lines = zones.map((zone) => [zone, ...moments].join("\t") + "\n").join("");
  const written = writer.write(new TextEncoder().encode(lines)).then(() => writer.close());
  const { stdout } = await python.output();
  await written;
  return new TextDecoder().decode(stdout).trimEnd().split("\n")
    .map((line) => line.split(" ").map(Number));
}

const strings = [
  "EST5EDT,M3.2.0,M11.1.0",
  "CET-1CEST,M3.5.0,M10.5.0/3",
  "<+0330>-3:30",
  "UTC0",
  "AEST-10AEDT,M10.1.0,M4.1.0/3",
  "NZST-12NZDT,M9.5.0,M4.1.0/3",
  "IST-1GMT0,M10.5.0,M3.5.0/1",
  "<-03>3<-02>,M3.5.0/-2,M10.5.0/-1",
  "XXX3YYY,J60,J300",
  "XXX3YYY,59/0,299/0",
  "EST5EDT4,M3.2.0/2:30:15,M11.1.0/1:00",
];

Deno.test(
  await where({ commands: ["python3"] }, "parsePosixZone agrees with C's localtime", async () => {
    const expected = await offsetsOfC(strings);
    for (const [i, text] of strings.entries()) {
      const offsetAt = parsePosixZone(text);
      assertEquals(moments.map(offsetAt), expected[i], text);
    }
  }),
);

Deno.test(
  await where(
    { commands: ["python3"], files: [`${FOLDER}/Europe/Berlin`] },
    "readTzif agrees with C's localtime on every zone of this machine",
    async () => {
      const names: string[] = [];
      for (const area of ["Africa", "America", "Asia", "Australia", "Europe", "Pacific", "Etc"]) {
        for await (const { name, isFile } of Deno.readDir(`${FOLDER}/${area}`)) {
          if (isFile) names.push(`${area}/${name}`);
        }
      }
      const expected = await offsetsOfC(names.map((name) => `:${FOLDER}/${name}`));
      for (const [i, name] of names.entries()) {
        const offsetAt = readTzif(await Deno.readFile(`${FOLDER}/${name}`));
        assertEquals(moments.map(offsetAt), expected[i], name);
      }
    },
  ),
);

Deno.test("parsePosixZone reads daylight saving time that never ends (RFC 8536 §3.3.1)", () => {
  const offsetAt = parsePosixZone("EST5EDT,0/0,J365/25");
  assertEquals(moments.map(offsetAt), moments.map(() => -4 * 3600));
});

/** A file of version 1: two types, one change. */
const small = Uint8Array.fromHex(
  "545a6966" + "00".repeat(16) + // magic, version, reserved
    "00000000000000000000000000000001" + "00000002" + "00000008" + // counts
    "386d4380" + "01" + // 2000-01-01
    "00000e100000" + "00001c200104" + "43455400" + "45455400",
);

Deno.test("readTzif reads a file of version 1, whose first type holds before the first change", () => {
  const offsetAt = readTzif(small);
  assertEquals([946_684_799, 946_684_800].map(offsetAt), [3600, 7200]);
});

Deno.test("readTzif refuses every part of a file, and what is none", () => {
  for (let length = 0; length < small.length; length++) {
    assertThrows(() => readTzif(small.subarray(0, length)), SyntaxError);
  }
  assertThrows(() => readTzif(new TextEncoder().encode("TZif? no.".repeat(20))), SyntaxError);
});

Deno.test("parsePosixZone refuses what is no TZ string", () => {
  const wrong = [
    "",
    "Europe/Berlin",
    "EST",
    "E5",
    "EST5EDT,M3.2.0",
    "EST5,M3.2.0,M11.1.0",
    "EST5EDT,M13.1.0,M11.1.0",
    "EST5EDT,M3.6.0,M11.1.0",
    "EST5EDT,M3.2.7,M11.1.0",
    "EST5EDT,J0,J365",
    "EST5EDT,366,1",
    "EST25",
    "EST5EDT,M3.2.0/168,M11.1.0",
    "EST5EDT,M3.2.0/1/1,M11.1.0",
    "A".repeat(200_000) + "5",
  ];
  for (const text of wrong) assertThrows(() => parsePosixZone(text), SyntaxError, "time zone");
});
