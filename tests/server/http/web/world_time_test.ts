import { assertEquals } from "@std/assert";
import { serve } from "../../../../mod.ts";
import { get } from "./get.ts";

const http = "127.0.0.1:0";

Deno.test("the time in a zone has the fields of the World Time API", async () => {
  const clock = { time: "2025-04-20T15:26:10.046951Z", rate: 0 };
  await using server = await serve("ntp://127.0.0.1:0", { http, clock });
  const table: [zone: string, fields: Record<string, unknown>][] = [
    // As its documentation has it.
    ["Europe/London", {
      utc_offset: "+01:00",
      timezone: "Europe/London",
      day_of_week: 0,
      day_of_year: 110,
      datetime: "2025-04-20T16:26:10.046951+01:00",
      utc_datetime: "2025-04-20T15:26:10.046951+00:00",
      unixtime: 1745162770,
      raw_offset: 0,
      week_number: 16,
      dst: true,
      abbreviation: "BST",
      dst_offset: 3600,
      dst_from: "2025-03-30T01:00:00+00:00",
      dst_until: "2025-10-26T01:00:00+00:00",
      client_ip: "127.0.0.1",
    }],
    ["Asia/Kathmandu", {
      utc_offset: "+05:45",
      timezone: "Asia/Kathmandu",
      day_of_week: 0,
      day_of_year: 110,
      datetime: "2025-04-20T21:11:10.046951+05:45",
      utc_datetime: "2025-04-20T15:26:10.046951+00:00",
      unixtime: 1745162770,
      raw_offset: 20_700,
      week_number: 16,
      dst: false,
      abbreviation: "+0545",
      dst_offset: 0,
      dst_from: null,
      dst_until: null,
      client_ip: "127.0.0.1",
    }],
  ];
  for (const [zone, fields] of table) {
    const { status, text } = await get(server, `/api/timezone/${zone}`);
    assertEquals([status, JSON.parse(text)], [200, fields], zone);
    const lines = await get(server, `/api/timezone/${zone}.txt`);
    const expected = Object.entries(fields).map(([name, value]) => `${name}: ${value ?? ""}\n`);
    assertEquals([lines.status, lines.text], [200, expected.join("")]);
  }
  // In the southern summer, the change before is of the last year.
  const south = JSON.parse((await get(server, "/api/timezone/America/Santiago")).text);
  assertEquals([south.dst, south.raw_offset], [false, -14_400]);
  const escaped = JSON.parse((await get(server, "/api/timezone/Etc%2FGMT%2B5")).text);
  assertEquals([escaped.timezone, escaped.utc_offset], ["Etc/GMT+5", "-05:00"]);
  const zones = ["Nowhere", "", "%2e%2e", "Europe", "%zz", "Etc%2"];
  for (const zone of zones) {
    assertEquals((await get(server, `/api/timezone/${zone}`)).status, 404, zone);
  }
  assertEquals((await get(server, "/api/timezone")).status, 404);
});

Deno.test("the World Time API says nothing of a clock that is not synchronised", async () => {
  await using server = await serve("ntp://127.0.0.1:0", { http, status: { unsynchronized: true } });
  const { status, text } = await get(server, "/api/timezone/Etc/UTC.txt");
  assertEquals([status, text], [503, "The clock is not synchronised\n"]);
});
