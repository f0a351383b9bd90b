import { assertEquals } from "@std/assert";
import {
  formatCsv,
  formatCsvRow,
  outcomeToJson,
  replyColumns,
  sampleColumns,
} from "../../../../src/cli/timecli/query/json.ts";
import { QueryError } from "../../../../src/protocols/failure.ts";
import type { TextReply } from "../../../../src/protocols/reply.ts";

const at = Temporal.Instant.from("2026-11-22T18:40:18.5Z");
const reply: TextReply = {
  protocol: "daytime",
  url: "daytime://time.example:13",
  text: 'Sun, "22" Nov',
  time: Temporal.PlainDateTime.from("2026-11-22T18:40:18"),
  utcOffset: "+00:00",
  from: { transport: "udp", hostname: "192.0.2.1", port: 13 },
  sentAt: at,
  receivedAt: at,
  roundTrip: Temporal.Duration.from({ milliseconds: 4 }),
  hasTime: true,
  warnings: ["one", "two"],
};

Deno.test("formatCsv quotes what must be quoted, and leaves missing keys empty", () => {
  const error = new QueryError("timeout", "No reply, at all\nor ever");
  const [header = "", first, second, end] = formatCsv([
    outcomeToJson({ target: "x", reply }, false),
    outcomeToJson({ target: "ntp://y", error }, false),
  ], replyColumns(false)).split("\r\n");
  const names = header.split(",");
  assertEquals(
    first,
    'daytime://time.example:13,daytime,192.0.2.1,13,"Sun, ""22"" Nov",2026-11-22T18:40:18,+00:00,' +
      "2026-11-22T18:40:18.500000000Z,0.004,,,,,,,,,one; two,,",
  );
  assertEquals(
    second,
    `ntp://y:123${",".repeat(names.length - 2)}timeout,"No reply, at all or ever"`,
  );
  assertEquals(end, "");
});

Deno.test("a text of others is no formula in a spreadsheet, and a number stays one", () => {
  const table: readonly (readonly [value: unknown, cell: string])[] = [
    ["=A1 ", "'=A1 "],
    ["@SUM", "'@SUM"],
    ["-1+1", "'-1+1"],
    ["+1-1", "'+1-1"],
    [" =A1", "' =A1"],
    ["\uff1dA1", "'\uff1dA1"],
    ["\uff0bA1", "'\uff0bA1"],
    ["\uff0dA1", "'\uff0dA1"],
    ["\uff20A1", "'\uff20A1"],
    ["\tA1", String.raw`'\x09A1`],
    ["\rA1", '"\'\rA1"'],
    ["\nA1", '"\'\nA1"'],
    ['=A1,"2"', `"'=A1,""2"""`],
    [["=A1", "b"], "'=A1; b"],
    ["-", "'-"],
    ["+1:2", "'+1:2"],
    ["-000001-12-31T00:00:00Z+1", "'-000001-12-31T00:00:00Z+1"],
    [-1.5e-7, "-1.5e-7"],
    [-5, "-5"],
    ["-5", "-5"],
    ["+0.25", "+0.25"],
    ["+02:00", "+02:00"],
    ["-000001-12-31T00:00:00.5Z", "-000001-12-31T00:00:00.5Z"],
    ["+010000-01-01T00:00:00", "+010000-01-01T00:00:00"],
    ["a=b", "a=b"],
    ["a\rb", '"a\rb"'],
    ["a\nb", '"a\nb"'],
    ["a\x9b\u202eb", String.raw`a\x9b\u{202e}b`],
  ];
  for (const [value, cell] of table) assertEquals(formatCsvRow({ value }, ["value"]), cell);
});

Deno.test("replyColumns() has a column for every key of JSON", () => {
  const names = (raw: boolean): string[] => formatCsv([], replyColumns(raw)).trimEnd().split(",");
  const keys = Object.keys(outcomeToJson({ target: "x", reply }, true));
  for (const key of keys) assertEquals(names(false).includes(key), key !== "schema", key);
  assertEquals(names(true).length - names(false).length, 15);
  assertEquals(new Set(names(true)).size, names(true).length);
});

Deno.test("sampleColumns() has more columns, and leaves out what has no cell", () => {
  const object = {
    url: "ntp://x:123",
    requests: 4,
    loss: 0.25,
    exchanges: [{}],
    verdict: "agrees",
  };
  const error = { reason: "timeout", message: "late" };
  const [header = "", row = ""] = formatCsv(
    [{ ...object, error }],
    sampleColumns(false, ["verdict"]),
  ).split("\r\n");
  const [names, cells] = [header.split(","), row.split(",")];
  assertEquals(names.slice(-5), ["requests", "loss", "verdict", "error_reason", "error_message"]);
  assertEquals(cells.slice(-5), ["4", "0.25", "agrees", "timeout", "late"]);
  assertEquals([cells.length, cells[0]], [names.length, "ntp://x:123"]);
});
