import { assertEquals } from "@std/assert";
import { parsePosixZone, readTzif } from "../../src/system/time_zone.ts";
import { where } from "../support/needs.ts";
import { run } from "../support/process.ts";

const FOLDER = "/usr/share/zoneinfo";

/** Moments around every change of years with and without a leap day, and some far away. */
const moments = [1999, 2000, 2023, 2024, 2037, 2038, 2100].flatMap((year) =>
  Array.from({ length: 12 * 4 + 1 }, (_, i) => Date.UTC(year, 0, 1, i * 182.5) / 1000)
).concat([-2_208_988_800, -1, 0, 1_585_443_599, 1_585_443_600, 4_102_444_800, 32_503_680_000]);

/** The same from C. */
async function offsetsOfC(zones: readonly string[]): Promise<number[][]> {
  const script = new URL("zone_of_c.py", import.meta.url);
  const code = await Deno.readTextFile(script);
  const lines = zones.map((zone) => [zone, ...moments].join("\t") + "\n").join("");
  const { stdout } = await run(["python3", "-c", code], { input: lines });
  return stdout.trimEnd().split("\n")
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
