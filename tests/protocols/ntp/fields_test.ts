import { assertEquals } from "@std/assert";
import { ntpFormat } from "../../../src/protocols/ntp/fields.ts";
import { encodeNtpPacket, type NtpPacket } from "../../../src/protocols/ntp/packet.ts";
import { toTimestamp } from "../../../src/protocols/ntp/timestamp.ts";

const NOW = Temporal.Instant.from("2026-11-22T18:00:00Z");
const at = (seconds: number): bigint => toTimestamp(NOW.add({ seconds }));

const reply: NtpPacket = {
  leap: 0,
  version: 4,
  mode: 4,
  stratum: 2,
  poll: 6,
  precision: -23,
  rootDelay: 0.25,
  rootDispersion: 0.5,
  referenceId: 0xc0000201,
  referenceTimestamp: at(-60),
  originTimestamp: 0x0102030405060708n,
  receiveTimestamp: at(0),
  transmitTimestamp: at(0),
};
const request: Partial<NtpPacket> = { mode: 3, receiveTimestamp: 0n };

/** The meaning of one field of a packet, shown as a request or a reply by its mode. */
function meaning(name: string, fields: Partial<NtpPacket>): string | undefined {
  const octets = encodeNtpPacket({ ...reply, ...fields });
  return ntpFormat.replyFields(octets, NOW).find((field) => field.name === name)?.meaning;
}

Deno.test("each field of an NTP packet has the meaning that its mode and stratum give it", () => {
  const stamp = "2026-11-22T18:00:00Z";
  const cases: readonly (readonly [name: string, Partial<NtpPacket>, expected: string])[] = [
    ["Leap indicator", { leap: 1 }, "1: the last minute of the day has 61 s"],
    ["Leap indicator", { leap: 2 }, "2: the last minute of the day has 59 s"],
    ["Leap indicator", { leap: 3 }, "3: the clock is not synchronised"],
    ["Mode", { mode: 1 }, "1: symmetric active"],
    ["Mode", { mode: 7 }, "7: private"],
    ["Stratum", { stratum: 0 }, "0: none, or a kiss-o'-death"],
    ["Stratum", { ...request, stratum: 0 }, "0: not given"],
    ["Stratum", { stratum: 1 }, "1: has a reference clock"],
    ["Stratum", { stratum: 15 }, "15: 14 servers from a reference clock"],
    ["Stratum", { stratum: 16 }, "16: not synchronised"],
    ["Stratum", { stratum: 17 }, "17: reserved"],
    ["Poll", { poll: 0 }, "2^0 s = 1 s"],
    ["Poll", { ...request, poll: 0 }, "0: not given"],
    ["Poll", { poll: 40 }, "2^40 s = 1099511627776 s"],
    ["Poll", { poll: 41 }, "2^41 s"],
    ["Precision", { precision: -41 }, "2^-41 s"],
    ["Root delay", {}, "0.250000000 s"],
    ["Root dispersion", {}, "0.500000000 s"],
    ["Reference id", { referenceId: 0 }, "none"],
    ["Reference id", { ...request, referenceId: 0 }, "not given"],
    ["Reference id", request, "192.0.2.1"],
    ["Reference id", { stratum: 0, referenceId: 0x52415445 }, "RATE: kiss code"],
    ["Reference id", { stratum: 1, referenceId: 0x47505300 }, "GPS: reference clock"],
    ["Reference id", { referenceId: 0x7f7f0101 }, "127.127.1.1: its own clock"],
    [
      "Reference id",
      { referenceId: 0x017f7f01 },
      "1.127.127.1: IPv4 address of its source, or hash of an IPv6 one",
    ],
    ["Origin timestamp", { originTimestamp: 0n }, "zero: not given"],
    ["Origin timestamp", {}, "copy of the transmit timestamp of the other side"],
    ["Receive timestamp", {}, `T2 ${stamp}`],
    ["Receive timestamp", { receiveTimestamp: 0n }, "T2 zero: not given"],
    ["Receive timestamp", { ...request, receiveTimestamp: at(0) }, stamp],
    ["Transmit timestamp", {}, `T3 ${stamp}`],
    ["Transmit timestamp", { ...request, transmitTimestamp: 0n }, "zero: not given"],
    ["Transmit timestamp", { ...request, transmitTimestamp: at(-86_399) }, "2026-11-21T18:00:01Z"],
    ...[-86_400, 86_400].map((seconds) =>
      [
        "Transmit timestamp",
        { ...request, transmitTimestamp: at(seconds) },
        "random bits, or a wrong clock; the reply must copy them",
      ] as const
    ),
    // A KoD only looks as if it had times.
    ["Transmit timestamp", { stratum: 0 }, "no time: a kiss-o'-death has none"],
    ["Receive timestamp", { stratum: 0, receiveTimestamp: 0n }, "T2 zero: not given"],
    ["Transmit timestamp", { stratum: 0, referenceId: 0 }, `T3 ${stamp}`],
    ["Transmit timestamp", { ...request, stratum: 0 }, stamp],
  ];
  for (const [name, fields, expected] of cases) {
    const normalized = meaning(name, fields)?.replace(/\.0+Z/g, "Z");
    assertEquals(normalized, expected, `${name} of ${Object.keys(fields)}`);
  }
});
