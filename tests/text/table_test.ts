import { assert, assertEquals } from "@std/assert";
import { fitTable, layOutTable } from "../../src/text/table.ts";

Deno.test("layOutTable aligns columns, and lets a row that stops short run on", () => {
  assertEquals(
    layOutTable([
      ["SERVER", "TIME", "LEAP"],
      ["a", "12:00:00", "none"],
      ["much longer", "it failed for a reason that is longer than all the columns"],
    ]),
    [
      "SERVER       TIME      LEAP",
      "a            12:00:00  none",
      "much longer  it failed for a reason that is longer than all the columns",
    ].join("\n"),
  );
});

Deno.test("fitTable gives up heads, names and columns, in that order, until all of it fits", () => {
  const rows = [
    ["SERVER", "OFFSET", "STRATUM", "LEAP", "VERDICT"],
    ["ntp://one.example:123", "+1.000 ms", "2", "none", "agrees"],
    ["ntp://a-long-name.of-another.example:123", "-2.000 ms", "16", "insert", "falseticker"],
    ["ntp://c:123", "No reply from c:123 within 3 s, which is longer than all of it may be"],
  ];
  const fit = (width: number): string[] =>
    fitTable(rows, { width, expendable: ["LEAP", "STRATUM"] }).split("\n");
  assertEquals(fit(Infinity).join("\n"), layOutTable(rows));
  const heads: [width: number, head: RegExp][] = [
    [100, /^SERVER +OFFSET +STRATUM +LEAP +VERDICT$/],
    [79, /^SERVER +OFFSET +ST +LEAP +VERDICT$/],
    [60, /^SERVER +OFFSET +ST +LEAP +VERDICT$/],
    [59, /^SERVER +OFFSET +ST +VERDICT$/],
    [50, /^SERVER +OFFSET +VERDICT$/],
    [32, /^SERVER +OFFSET +VERDICT$/],
  ];
  for (const [width, head] of heads) {
    const [first = "", , long = "", words = ""] = fit(width);
    assertEquals(head.test(first), true, `${width}: ${first}`);
    assert([first, long].every((line) => line.length <= width), `${width}: ${long}`);
    assertEquals([long.slice(0, 3), long.endsWith("  falseticker")], ["ntp", true]);
    assertEquals(words.endsWith(" may be"), true);
  }
});
