import { assertEquals } from "@std/assert";
import { daytimeFormats } from "../../src/protocols/daytime/format.ts";
import type { Responder } from "../../src/protocols/responder.ts";
import { looksLikeReply } from "../../src/protocols/services.ts";
import {
  answer,
  ask,
  builtIn,
  hex,
  later,
  NOW,
  octetsOf,
  UNSYNCHRONIZED_STATUS,
} from "../support/services.ts";

const ntp = builtIn("ntp", { random32: () => 0x1234_5678 });
const asctime = builtIn("asctime");
const auto = builtIn("auto", { random32: () => 0x1234_5678 });
const time = builtIn("time");
const daytime = daytimeFormats.map((daytimeFormat): [string, Responder] => [
  `daytime, ${daytimeFormat}`,
  builtIn("daytime", { daytimeFormat }),
]);

const receivers: [name: string, responder: Responder][] = [
  ["asctime", asctime],
  ["auto", auto],
  ...daytime,
  ["time", time],
  ["ntp", ntp],
];

const EMPTY = octetsOf("");
const request = (octet: number): Uint8Array => Uint8Array.of(octet, ...new Uint8Array(47));

/** What every service here says, at a time. */
function repliesAt(at: typeof NOW): [name: string, reply: Uint8Array][] {
  const asked = (responder: Responder, octets: Uint8Array = EMPTY): Uint8Array =>
    answer(responder, octets, { at });
  return [
    ["text", asked(asctime)],
    ...daytime.map(([name, responder]): [string, Uint8Array] => [name, asked(responder)]),
    ["time", asked(time)],
    ["NTP, version 1", asked(ntp, request(0x08))],
    ["NTP, mode 4", asked(ntp, request(0x23))],
    ["NTP, mode 2", asked(ntp, request(0x19))],
    ["NTP, not synchronised", answer(ntp, request(0x1b), { at, status: UNSYNCHRONIZED_STATUS })],
  ];
}

/** What servers of other makes say. */
const foreign: [name: string, reply: Uint8Array][] = [
  ["C's asctime", octetsOf("Fri Apr  3 21:09:36 2020\n\0")],
  ["BSD's Daytime", octetsOf("Fri Apr  3 21:09:36 2020\r\n")],
  ["xinetd's Daytime", octetsOf("03 APR 2020 21:09:36 UTC\r\n")],
  ["RFC 867's first shape", octetsOf("Tuesday, February 22, 1982 17:37:43-PST\r\n")],
  ["RFC 867's second", octetsOf("02 FEB 82 07:59:01 PST\r\n")],
  ["NIST", octetsOf("\n58942 20-04-03 21:09:36 50 0 0 895.8 UTC(NIST) * \n")],
  ["GNU inetutils' Time", hex("e2322490 00000000")],
  [
    "an NTP broadcast",
    hex(`25010600 ${"00".repeat(12)} e232240000000000 ${"00".repeat(16)} e232249000000001`),
  ],
  [
    "an NTP reply with a code",
    hex(`240106e9 ${"00".repeat(28)} e232249000000001 e2322490000000ff ${"07".repeat(20)}`),
  ],
  [
    "an NTP reply of another year, a second's end later",
    hex(`1c0206e9 ${"00".repeat(28)} ffffffffffffffff 0000000000000001`),
  ],
  ["a control response", hex("1682 0001 0000 0000 0000 0003 61626300")],
  ["a control error", hex("d6c2 0001 0600 0000 0000 0000")],
  ["a private response", hex("9700 032a 0002 0004 0011223344556677")],
  ["a private error", hex("9700 032a 4000 0000")],
];

/** Times at which text is shorter or longer, and octets are close to zero. */
const moments = [
  NOW,
  later(NOW, 8_000_000_000n),
  { seconds: 2_085_978_495, nanoseconds: 999_999_999 },
  { seconds: 2_085_978_496, nanoseconds: 0 },
  { seconds: 0, nanoseconds: 0 },
  { seconds: 253_402_300_799, nanoseconds: 0 },
  { seconds: 253_402_300_800, nanoseconds: 0 },
  { seconds: -59_000_000_000, nanoseconds: 0 },
];

Deno.test("no service answers an answer of any service here", () => {
  for (const at of moments) {
    for (const [sender, reply] of repliesAt(at)) {
      for (const [receiver, responder] of receivers) {
        for (const port of [123, 8888]) {
          const again = ask(responder, reply, { at, port });
          assertEquals(typeof again, "string", `${sender} to ${receiver} at ${at.seconds}`);
        }
      }
    }
  }
});

Deno.test("no service answers an answer of a server of another make", () => {
  for (const [sender, reply] of foreign) {
    for (const [receiver, responder] of receivers) {
      assertEquals(typeof ask(responder, reply), "string", `${sender} to ${receiver}`);
    }
  }
});

Deno.test("requests that share much with an answer are answered by the services of any datagram", () => {
  const requests = [
    "",
    "\n",
    "\r\n",
    "Time request",
    "time",
    "what is 12:30:00 in Rome?",
    "Fri Apr  3 21:09:36",
    "0123456789012345678901234567890123456789",
    "\0".repeat(4),
    "\0".repeat(8),
    "\0".repeat(48),
    "\xff".repeat(48),
    "\xe2\x32\x24\x90\0\0\0\x01",
    "\xe2\x32\x24\x90\0\0",
    `${"x".repeat(80)}12:30:00\n`,
  ].map(octetsOf);
  // One octet over and over, as those who test a server send it.
  for (let octet = 0; octet < 256; octet++) {
    for (const length of [1, 4, 8, 12, 48, 52, 1000]) {
      requests.push(new Uint8Array(length).fill(octet));
    }
  }
  for (const octets of requests) {
    assertEquals(looksLikeReply(octets, NOW.seconds), false, `${octets}`);
    for (const [receiver, responder] of receivers) {
      if (receiver === "auto" || receiver === "ntp") continue;
      assertEquals(typeof ask(responder, octets), "object", `${octets} to ${receiver}`);
    }
  }
});

Deno.test("a reply that differs in what makes it one is a request", () => {
  const almost = [
    "1602 0001 0000 0000 0000 0003 61626300", // control, but no response
    "1682 0001 0000 0000 0000 0007 61626300", // a count of more than there is
    "1700 032a 0002 0004 0011223344556677", // private, but no response
    "9700 032a 0002 0008 0011223344556677", // items larger than there are
    "be82 0001 0000 0000 0000 0003 61626300", // version 7
    `241106e9 ${"00".repeat(28)} e232249000000001 e2322490000000ff`, // stratum 17
    `240106e9 ${"00".repeat(28)} e232249000000001 e2322492000000ff`, // 2 s to answer
    `240106e9 ${"00".repeat(28)} 0000000000000000 e2322490000000ff`, // no receive timestamp
    `230106e9 ${"00".repeat(28)} e232249000000001 e2322490000000ff`, // mode 3
  ];
  for (const octets of almost) {
    assertEquals(looksLikeReply(hex(octets), NOW.seconds), false, octets);
  }
});
