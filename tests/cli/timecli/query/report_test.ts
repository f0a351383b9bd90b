import { assert, assertEquals, assertMatch } from "@std/assert";
import { outcomeToJson } from "../../../../src/cli/timecli/query/json.ts";
import { formatReply, formatTable } from "../../../../src/cli/timecli/query/report.ts";
import { assertDocumented } from "../../../support/documented.ts";
import { inZone } from "../../../support/zone.ts";
import { QueryError } from "../../../../src/protocols/failure.ts";
import type { NtpReply, SecondsReply, TextReply } from "../../../../src/protocols/reply.ts";
import { decodeNtpPacket } from "../../../../src/protocols/ntp/packet.ts";

const at = Temporal.Instant.from("2026-11-22T18:40:18.5Z");
const ms = (milliseconds: number): Temporal.Duration =>
  Temporal.Duration.from({ microseconds: Math.round(milliseconds * 1000) });
const base = {
  from: { transport: "udp", hostname: "192.0.2.1", port: 123 },
  sentAt: at,
  receivedAt: at.add(ms(4)),
  roundTrip: ms(4),
  hasTime: true,
  warnings: [],
} as const;
const ntp: NtpReply = {
  ...base,
  protocol: "ntp",
  url: "ntp://time.example:123",
  text: "2026-11-22T18:40:18.5125Z",
  time: Temporal.Instant.from("2026-11-22T18:40:18.5125Z"),
  offset: ms(12.5),
  delay: ms(3.9),
  errorBound: ms(2),
  rootDistance: ms(15),
  stratum: 2,
  referenceId: "192.0.2.7",
  leap: "none",
  packet: {
    ...decodeNtpPacket(new Uint8Array(48)),
    receiveTimestamp: 1n,
    transmitTimestamp: 2n,
  },
  serverReceivedAt: at.add(ms(14)),
  serverSentAt: at.add(ms(14.1)),
};
const kissOf = (referenceId: string): NtpReply => ({
  ...ntp,
  hasTime: false,
  text: "",
  stratum: 0,
  referenceId,
});
/** Of timestamps that are zero, as those of its packet are. */
const zeroed: NtpReply = {
  ...ntp,
  hasTime: false,
  text: "",
  packet: decodeNtpPacket(new Uint8Array(48)),
};
const text: TextReply = {
  ...base,
  protocol: "asctime",
  url: "asctime://time.example:8888",
  text: "Sun Nov 22 18:40:18 2026",
  time: Temporal.PlainDateTime.from("2026-11-22T18:40:18"),
};
const seconds: SecondsReply = {
  ...base,
  protocol: "time",
  url: "time://time.example:37",
  text: "2026-11-22T18:40:18Z",
  time: Temporal.Instant.from("2026-11-22T18:40:18Z"),
  offset: ms(-502),
  errorBound: ms(1002),
};

Deno.test("formatReply writes the classic line for a text", () => {
  assertEquals(formatReply(text, false), "Reply from time server: Sun Nov 22 18:40:18 2026");
});

Deno.test("formatReply explains an offset, and names the server", () => {
  const behind = formatReply(ntp, false);
  assertMatch(behind, /^Server +ntp:\/\/time\.example:123 \(192\.0\.2\.1:123\)$/m);
  assertMatch(behind, /^Offset +\+12\.50 ms ± 2\.000 ms: the local clock is behind$/m);
  assertMatch(
    formatReply({ ...ntp, offset: ms(-12.5) }, false),
    /-12\.50 ms .*: the local clock is ahead$/m,
  );
  // An offset of the bound itself may be none.
  for (const offset of [1, 2, -2]) {
    assertMatch(
      formatReply({ ...ntp, offset: ms(offset) }, false),
      /: within the error bound$/m,
    );
  }
  assertMatch(formatReply({ ...ntp, offset: ms(2.001) }, false), /: the local clock is behind$/m);
  assertMatch(formatReply(seconds, false), /^Offset +-502\.0 ms ± 1\.002 s: within/m);
});

Deno.test("formatReply writes local time with its offset from UTC", () => {
  for (
    const [offsetSeconds, ofNtp, ofTime] of [
      [0, "2026-11-22 18:40:18.512500 +0000", "2026-11-22 18:40:18 +0000"],
      [-5 * 3600, "2026-11-22 13:40:18.512500 -0500", "2026-11-22 13:40:18 -0500"],
      [5.5 * 3600, "2026-11-23 00:10:18.512500 +0530", "2026-11-23 00:10:18 +0530"],
    ] as const
  ) {
    const timeOf = (reply: NtpReply | SecondsReply): string | undefined =>
      /^Time +(.*)$/m.exec(inZone(offsetSeconds, () => formatReply(reply, false)))?.[1];
    assertEquals([timeOf(ntp), timeOf(seconds)], [ofNtp, ofTime]);
  }
});

Deno.test("formatReply names the kind of a reference", () => {
  const reference = (fields: Partial<NtpReply>): string =>
    /^Reference +(.*)$/m.exec(formatReply({ ...ntp, ...fields }, false))?.[1] ?? "";
  assertEquals(reference({}), "192.0.2.7 (IPv4 address, or hash of an IPv6 one)");
  assertEquals(reference({ stratum: 1, referenceId: "GPS" }), "GPS (reference clock)");
  assertEquals(reference({ referenceId: "127.127.1.1" }), "127.127.1.1 (its own clock)");
  assertEquals(
    reference({ referenceId: "127.0.0.1" }),
    "127.0.0.1 (IPv4 address, or hash of an IPv6 one)",
  );
  assertEquals(reference({ stratum: 0, referenceId: "RATE" }), "RATE (kiss code)");
  assertEquals(reference({ stratum: 0, referenceId: "" }), "none");
});

Deno.test("formatReply shows no time where a reply has none", () => {
  for (const raw of [false, true]) {
    const kiss = formatReply(kissOf("RATE"), raw);
    assertEquals(/^(Time|Offset|Delay|Root distance|T2|T3)\b/m.test(kiss), false, kiss);
    assertMatch(kiss, /^Reference +RATE \(kiss code\)$/m);
    assertEquals(/^T1 .*\nT4 /m.test(kiss), raw);
  }
});

Deno.test("outcomeToJson computes nothing from a reply without a time", () => {
  const error = new QueryError("kiss_o_death", "no");
  for (const reply of [kissOf("DENY"), zeroed]) {
    for (const raw of [false, true]) {
      const object = outcomeToJson({ target: "x", reply, error }, raw);
      assertDocumented(object);
      assertDocumented({ ...object });
      for (const key of ["text", "time", "offset", "error_bound", "delay", "root_distance"]) {
        assertEquals(key in object, false, key);
      }
      assertEquals(["t1" in object, "t2" in object, "t3" in object], [raw, false, false]);
      assertEquals([object["stratum"], object["address"]], [reply.stratum, "192.0.2.1"]);
    }
  }
  assertEquals(
    outcomeToJson({ target: "x", reply: kissOf("DENY"), error }, false)["reference_id"],
    "DENY",
  );
});

Deno.test("formatReply with raw adds every field of the packet", () => {
  const labels = (raw: boolean): number => formatReply(ntp, raw).split("\n").length;
  assertEquals(labels(true) - labels(false), 15);
});

Deno.test("outcomeToJson has the documented keys, durations in seconds", () => {
  const { packet: _packet, ...keys } = outcomeToJson({ target: "x", reply: ntp }, false);
  assertEquals(keys, {
    schema: 1,
    url: "ntp://time.example:123",
    protocol: "ntp",
    address: "192.0.2.1",
    port: 123,
    time: "2026-11-22T18:40:18.512500000Z",
    received: "2026-11-22T18:40:18.504000000Z",
    round_trip: 0.004,
    offset: 0.0125,
    error_bound: 0.002,
    delay: 0.0039,
    root_distance: 0.015,
    stratum: 2,
    reference_id: "192.0.2.7",
    leap: "none",
  });
  const raw = outcomeToJson({ target: "x", reply: ntp }, true);
  assertEquals([raw["t2"], raw["transmit_timestamp"]], [
    "2026-11-22T18:40:18.514000000Z",
    "0x0000000000000002",
  ]);
});

Deno.test("outcomeToJson has a failure beside the reply", () => {
  const error = new QueryError("unsynchronized", "not synchronised");
  const both = outcomeToJson({ target: "x", reply: ntp, error }, false);
  assertEquals(both["error"], { reason: "unsynchronized", message: "not synchronised" });
  assertEquals(both["stratum"], 2);
  assertEquals(outcomeToJson({ target: "x", error: new Error("other") }, false), {
    schema: 1,
    url: "ntp://x:123",
    error: { reason: "failed", message: "other" },
  });
  for (const [target, url] of [["NTP://x/", "ntp://x:123"], ["not a url", "not a url"]] as const) {
    assertEquals(outcomeToJson({ target, error }, false)["url"], url);
  }
});

Deno.test("formatTable has one row per target, with the reason for a failure", () => {
  const table = formatTable([
    { target: "ntp://a", reply: ntp },
    { target: "time://b", reply: seconds },
    { target: "c", reply: text },
    { target: "ntp://d", error: new QueryError("timeout", "No reply from d:123 within 3 s") },
  ]).split("\n");
  assertEquals(table.length, 5);
  assertMatch(
    table[1] ?? "",
    /^ntp:\/\/a .* \+12\.50 ms +2\.000 ms +3\.900 ms +2 +192\.0\.2\.7 +none$/,
  );
  assertMatch(table[2] ?? "", /^time:\/\/b .* -502\.0 ms +1\.002 s +4\.000 ms$/);
  assertMatch(table[3] ?? "", /^c +Sun Nov 22 18:40:18 2026 +4\.000 ms$/);
  assertMatch(table[4] ?? "", /^ntp:\/\/d +No reply from d:123 within 3 s$/);
});

Deno.test("formatTable leaves out what a terminal has no room for", () => {
  const outcomes = [
    { target: "ntp://a-rather-long-name.of-a-server.example:11123", reply: ntp },
    { target: "ntp://b", error: new QueryError("timeout", "No reply from b:123 within 3 s") },
  ];
  const [head = "", row = "", failed = ""] = formatTable(outcomes, 80).split("\n");
  assertMatch(head, /^SERVER +TIME +OFFSET +BOUND$/);
  assertMatch(row, /^ntp:\/\/a-rath\S*…\S*e:11123 .* \+12\.50 ms +2\.000 ms$/);
  assert(row.length <= 80, row);
  assertMatch(failed, / No reply from b:123 within 3 s$/);
});

Deno.test("formatReply and formatTable show a name's control characters escaped", () => {
  const url = "ntp://\x1bc\u202e:123";
  const escaped = String.raw`ntp://\x1bc\u{202e}:123`;
  assertMatch(
    formatReply({ ...ntp, url }, false).split("\n")[0] ?? "",
    /\\x1bc\\u\{202e\}:123 \(192/,
  );
  const [, row] = formatTable([{ target: url, reply: ntp }]).split("\n");
  assertEquals(row?.startsWith(`${escaped}  `), true, row);
});
