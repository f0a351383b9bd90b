import { assert, assertEquals } from "@std/assert";
import { fitTable, layOutTable, measureTable } from "../../src/text/table.ts";

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

Deno.test("measureTable measures the rows that have all columns, and the gaps between these", () => {
  const rows = [["SERVER", "TIME", "LEAP"], ["a", "12:00:00", "none"]];
  assertEquals(measureTable(rows), 6 + 2 + 8 + 2 + 4);
  assertEquals(measureTable([...rows, ["longest", "not counted, because it is a message"]]), 23);
  assertEquals(measureTable([...rows, ["a", "b", "a longer cell"]]), 6 + 2 + 8 + 2 + 13);
  assertEquals(measureTable([["one"], ["longer"]]), 6);
});

Deno.test("fitTable keeps what fits exactly, and shortens a name by no more than it must", () => {
  const rows = [
    ["SERVER", "OFFSET", "STRATUM", "REFERENCE"],
    [`ntp://${"x".repeat(24)}`, "+1 ms", "2", "GPS"],
  ];
  const width = measureTable(rows);
  assertEquals(width, 30 + 2 + 6 + 2 + 7 + 2 + 9);
  const fit = (width: number, expendable: string[] = []): string[] =>
    fitTable(rows, { width, expendable }).split("\n");
  assertEquals(fit(width)[0]?.endsWith("OFFSET  STRATUM  REFERENCE"), true);
  assertEquals(fit(width - 1)[0]?.endsWith("OFFSET  ST  REFID"), true);
  const short = 30 + 2 + 6 + 2 + 2 + 2 + 5;
  assertEquals(fit(short)[1], `ntp://${"x".repeat(24)}  +1 ms   2   GPS`);
  assertEquals(
    fit(short - 1)[1]?.split(" ")[0],
    `ntp://${"x".repeat(8)}…${"x".repeat(14)}`,
  );
  // A column goes only if the name would have less than 24 characters, and a name keeps 8.
  assertEquals(fit(short - 6, ["REFERENCE"])[0]?.includes("REFID"), true);
  assertEquals(fit(short - 7, ["REFERENCE"])[0]?.includes("REFID"), false);
  assertEquals(fit(1)[1]?.split(" ")[0]?.length, 8);
});
