import { assertAlmostEquals, assertEquals, assertMatch } from "@std/assert";
import { explain } from "../../src/explain/explain.ts";
import type { Explanation, SeenExchange } from "../../src/explain/explanation.ts";
import type { WireField } from "../../src/protocols/protocol.ts";

/** A request and its reply, with a value of its own in every field. */
const request = "23000000000000000000000000000000" + "0".repeat(48) + "0123456789abcdef";
const reply = "5c02f8ec00000a3d000020c5c0000207" +
  // 2026-11-22T18:00:00Z is 1795370400 s after 1970, and 4004359200 = 0xeeadac20 s after 1900.
  "eeadac2040000000" + "0123456789abcdef" + "eeadac5c80000000" + "eeadac5c80100000";

const times = {
  sentAt: Temporal.Instant.from("2026-11-22T18:01:00.400Z"),
  receivedAt: Temporal.Instant.from("2026-11-22T18:01:00.500Z"),
};

function seen(changes: Partial<SeenExchange> = {}, hex = reply): SeenExchange {
  return {
    protocol: "ntp",
    request: Uint8Array.fromHex(request),
    reply: Uint8Array.fromHex(hex),
    times,
    isFromServer: true,
    localPrecision: -20,
    pivot: times.receivedAt,
    ...changes,
  };
}

/** The reply with octets put in from a place on. */
function replyWith(...changes: readonly (readonly [at: number, hex: string])[]): string {
  return changes.reduce(
    (hex, [at, octets]) => hex.slice(0, at * 2) + octets + hex.slice(at * 2 + octets.length),
    reply,
  );
}

function meanings(fields: readonly WireField[] = []): Record<string, string> {
  return Object.fromEntries(fields.map(({ name, meaning }) => [name, meaning]));
}

function resultsOf({ tests }: Explanation): string {
  return tests.map(({ result }) => ({ passed: "+", failed: "x", unknown: "?" })[result]).join("");
}

Deno.test("explain gives the meaning of each field of an NTP reply", () => {
  const { reply: fields } = explain(seen());
  assertEquals(meanings(fields), {
    "Leap indicator": "1: the last minute of the day has 61 s",
    "Version": "3",
    "Mode": "4: server",
    "Stratum": "2: 1 server from a reference clock",
    "Poll": "2^-8 s = 3.906 ms",
    "Precision": "2^-20 s = 954 ns",
    // 0x0a3d / 65536 and 0x20c5 / 65536.
    "Root delay": "0.039993286 s",
    "Root dispersion": "0.128005981 s",
    "Reference id": "192.0.2.7: IPv4 address of its source, or hash of an IPv6 one",
    "Reference timestamp": "2026-11-22T18:00:00.250000000Z",
    "Origin timestamp": "copy of the transmit timestamp of the other side",
    "Receive timestamp": "T2 2026-11-22T18:01:00.500000000Z",
    // 0x00100000 / 2^32 is 244.140625 µs.
    "Transmit timestamp": "T3 2026-11-22T18:01:00.500244141Z",
  });
  assertEquals(
    fields?.map(({ name, offset, octets, bits }) => [name, offset, octets.length, bits]),
    [
      ["Leap indicator", 0, 1, "01......"],
      ["Version", 0, 1, "..011..."],
      ["Mode", 0, 1, ".....100"],
      ["Stratum", 1, 1, undefined],
      ["Poll", 2, 1, undefined],
      ["Precision", 3, 1, undefined],
      ["Root delay", 4, 4, undefined],
      ["Root dispersion", 8, 4, undefined],
      ["Reference id", 12, 4, undefined],
      ["Reference timestamp", 16, 8, undefined],
      ["Origin timestamp", 24, 8, undefined],
      ["Receive timestamp", 32, 8, undefined],
      ["Transmit timestamp", 40, 8, undefined],
    ],
  );
});

Deno.test("explain gives the meaning of each field of an NTP request", () => {
  const { request: fields } = explain(seen());
  const told = Object.entries(meanings(fields)).filter(([, meaning]) => !/not given/.test(meaning));
  assertEquals(told, [
    ["Leap indicator", "0: no leap second is announced"],
    ["Version", "4"],
    ["Mode", "3: client"],
    ["Root delay", "0.000000000 s"],
    ["Root dispersion", "0.000000000 s"],
    [
      "Transmit timestamp",
      "random bits, or a wrong clock; the reply must copy them",
    ],
  ]);
  // An old client sends its time.
  const old = Uint8Array.fromHex(request.slice(0, 80) + "eeadac5c00000000");
  const { request: telling } = explain(seen({ request: old }));
  assertEquals(meanings(telling)["Transmit timestamp"], "2026-11-22T18:01:00.000000000Z");
});

Deno.test("explain works offset and delay out of the four times", () => {
  const { measurement } = explain(seen());
  const { ntp, offset, errorBound } = measurement ?? {};
  // T2 - T1 = 100 ms; T3 - T4 = 244.140625 µs; T3 - T2 the same; T4 - T1 = 100 ms.
  assertEquals([ntp?.outward, ntp?.inward], [100_000_000n, 244_141n]);
  assertEquals([ntp?.elapsed, ntp?.processing], [100_000_000n, 244_141n]);
  assertEquals([offset, ntp?.delay], [50_122_070n, 99_755_859n]);
  // Half the delay, twice 2^-20 s and 15 ppm of 0.1 s.
  const bound = 0.099755859 / 2 + 2 * 2 ** -20 + 15e-6 * 0.1;
  assertAlmostEquals(Number(errorBound) / 1e9, bound, 2e-9);
  const clocks = bound - 0.099755859 / 2;
  const distance = (0x0a3d / 65536 + 0.099755859) / 2 + 0x20c5 / 65536 + clocks;
  assertAlmostEquals(Number(ntp?.rootDistance) / 1e9, distance, 3e-9);
  assertEquals(measurement?.times, {
    t1: times.sentAt,
    t2: Temporal.Instant.from("2026-11-22T18:01:00.500Z"),
    t3: Temporal.Instant.from("2026-11-22T18:01:00.500244141Z"),
    t4: times.receivedAt,
  });
});

Deno.test("explain makes a client's tests in order, and those after one that failed if they can be", () => {
  const table: [results: string, reason: string | undefined, hex: string][] = [
    ["+++++++++++++", undefined, reply],
    ["+x???????????", "bogus_reply", reply.slice(2)],
    ["++x++????????", "bogus_reply", replyWith([0, "23"])],
    // Version 5, mode 4.
    ["+++x+????????", "bogus_reply", replyWith([0, "2c"])],
    ["++++x????????", "bogus_reply", replyWith([31, "00"])],
    ["+++++x???????", "kiss_o_death", replyWith([1, "00"], [12, "52415445"])],
    ["++++++x++++++", "unsynchronized", replyWith([0, "e4"])],
    ["++++++x++++++", "unsynchronized", replyWith([1, "10"])],
    ["+++++++x?????", "unusable", replyWith([32, "0000000000000000"])],
    ["++++++++x????", "unusable", replyWith([40, "eeadac5b"])],
    ["+++++++++x???", "unusable", replyWith([40, "eeadac5d"])],
    ["+++++++++++xx", "unusable", replyWith([8, "00100000"])],
    ["++++++++++++x", "unusable", replyWith([8, "00030000"])],
  ];
  for (const [results, reason, hex] of table) {
    const explanation = explain(seen({}, hex));
    assertEquals([resultsOf(explanation), explanation.failure?.reason], [results, reason], hex);
  }
  assertEquals(explain(seen({ isFromServer: false })).failure?.reason, "bogus_reply");
});

Deno.test("explain leaves open what octets alone do not show", () => {
  const explanation = explain(seen({ times: undefined, isFromServer: undefined }));
  assertEquals(resultsOf(explanation), "?++++++++?++?");
  assertEquals(explanation.failure, undefined);
  assertEquals(Object.keys(explanation.measurement?.times ?? {}), ["t2", "t3"]);
  assertEquals(explanation.measurement?.offset, undefined);
  const orphan = explain(seen({ request: new Uint8Array(), times: undefined }));
  assertEquals(resultsOf(orphan), "++++?++++?++?");
});

Deno.test("explain reads no times from a reply that has none", () => {
  for (
    const hex of [
      replyWith([1, "00"], [12, "52415445"]),
      replyWith([40, "0000000000000000"]),
      replyWith([40, "eeadac5b"]),
      replyWith([31, "00"]),
    ]
  ) {
    assertEquals(explain(seen({}, hex)).measurement, undefined);
  }
  const { reply: kiss } = explain(seen({}, replyWith([1, "00"], [12, "52415445"])));
  assertEquals(meanings(kiss)["Reference id"], "RATE: kiss code");
  assertEquals(meanings(kiss)["Transmit timestamp"], "no time: a kiss-o'-death has none");
});

Deno.test("explain is right across the change of era in 2036", () => {
  // 06:28:15.5Z is the last second of era 0, and half a second later the first of era 1.
  const hex = replyWith([32, "ffffffff80000000"], [40, "0000000000000001"]);
  const at = Temporal.Instant.from("2036-02-07T06:28:16Z");
  const around = { sentAt: at.subtract({ seconds: 1 }), receivedAt: at };
  const { measurement } = explain(seen({ times: around, pivot: at }, hex));
  assertEquals(measurement?.times.t2?.toString(), "2036-02-07T06:28:15.5Z");
  assertEquals(measurement?.times.t3?.toString(), "2036-02-07T06:28:16Z");
  assertEquals(measurement?.offset, 250_000_000n);
});

Deno.test("explain lists extension fields, MACs and what is neither", () => {
  const trailer = (hex: string, more: readonly [number, string][] = []): unknown[] =>
    (explain(seen({}, replyWith([0, "24"], ...more) + hex)).reply ?? []).slice(13)
      .map(({ name, offset, meaning }) => [name, offset, meaning]);
  const field = "01040010" + "aa".repeat(12);
  assertEquals(trailer(field + field), [
    ["Field type", 48, "extension field 0x0104: NTS unique identifier (RFC 8915 §5.3)"],
    ["Field length", 50, "16, these four octets included"],
    ["Field value", 52, "12 octets"],
    ["Unknown", 64, "16 octets of no known format"],
  ]);
  const mac = trailer(field + field.slice(0, 16) + "00".repeat(8) + "0000000a" + "bb".repeat(16));
  assertEquals(mac.at(-2), ["Key identifier", 80, "key 10 (MAC, RFC 5905 §7.3)"]);
  assertEquals(trailer("00000000"), [
    ["Crypto-NAK", 48, "the MAC of the other side was wrong (RFC 5905 §9.2)"],
  ]);
  assertEquals(trailer("0104000f" + "00".repeat(40)), [
    ["Malformed field", 48, "its length of 15 is invalid"],
  ]);
  const [[name, , meaning] = []] = trailer("abcd001c" + "00".repeat(24)) as string[][];
  assertEquals(name, "Field type");
  assertMatch(meaning ?? "", /0xabcd: of an unknown type/);
});
