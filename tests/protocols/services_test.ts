import { assert, assertEquals } from "@std/assert";
import { daytimeFormats } from "../../src/protocols/daytime/service.ts";
import { REPLY_CAPACITY, type Responder } from "../../src/protocols/responder.ts";
import { looksLikeReply } from "../../src/protocols/services.ts";
import { countReplies, peerOf } from "../support/reply_chain.ts";
import {
  answer,
  ask,
  builtIn,
  exchangeOf,
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
/** 2097-12-28T04:53:57Z: since 1900 modulo 2^32, its seconds are the word "time". */
const FOUR_LETTERS = 0x74696d65 - 2_208_988_800 + 2 ** 32;
const request = (octet: number, last = 0): Uint8Array =>
  Uint8Array.of(octet, ...new Uint8Array(46), last);

function kodTo(octets: Uint8Array): Uint8Array {
  const reply = new Uint8Array(REPLY_CAPACITY);
  return reply.slice(0, ntp.writeKod?.(exchangeOf(octets, reply), "RATE") as number);
}

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
    ["KoD", kodTo(request(0x23, 9))],
    ["KoD to a request of zeros", kodTo(request(0x23))],
  ];
}

/** What servers of other makes say. */
const foreign: [name: string, reply: Uint8Array][] = [
  ["C's asctime", octetsOf("Fri Apr  3 21:09:36 2020\n\0")],
  ["C's asctime of the earliest year", octetsOf("Tue Apr 20 00:00:00 -271821\n\0")],
  ["asctime of a year of one digit", octetsOf("Sat Jan  1 00:00:00 5")],
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
  [
    "an SNTP server's, whose clock has one reading per reply",
    hex(`240106e9 ${"00".repeat(28)} e232249000000001 e232249000000001`),
  ],
  ["a Time server's of 1950", hex("5e11b800")],
  ...[
    "tiMe",
    "[ime",
    "{ime",
    "`ime",
    "t me",
    "tim\r",
    "ti\nm",
    "ti\n\n",
    "\nime",
    "1234",
    "time\0\0\0\0",
  ].map((
    text,
  ): [string, Uint8Array] => [`a Time server's that is ${text}`, octetsOf(text)]),
  ["a control response", hex("1682 0001 0000 0000 0000 0003 61626300")],
  ["a control error", hex("d6c2 0001 0600 0000 0000 0000")],
  ["a private response", hex("9700 032a 0002 0004 0011223344556677")],
  ["a private error", hex("9700 032a 4000 0000")],
];

/** Times at which text is shorter or longer, octets are close to zero, or a time is four letters. */
const moments = [
  NOW,
  later(NOW, 8_000_000_000n),
  { seconds: 2_085_978_495, nanoseconds: 999_999_999 },
  { seconds: 2_085_978_496, nanoseconds: 0 },
  { seconds: 0, nanoseconds: 0 },
  { seconds: FOUR_LETTERS, nanoseconds: 0 },
  { seconds: 4_102_444_800, nanoseconds: 0 },
  { seconds: 253_402_300_799, nanoseconds: 0 },
  { seconds: 253_402_300_800, nanoseconds: 0 },
  { seconds: -59_000_000_000, nanoseconds: 0 },
  { seconds: 8e12, nanoseconds: 0 },
  { seconds: -8e12, nanoseconds: 0 },
];

Deno.test("no service answers a reply of any service here, whatever either clock shows", () => {
  for (const then of moments) {
    for (const [sender, reply] of repliesAt(then)) {
      for (const at of moments) {
        for (const [receiver, responder] of receivers) {
          for (const port of [123, 8888]) {
            const again = ask(responder, reply, { at, port });
            const name = `${sender} at ${then.seconds} to ${receiver} at ${at.seconds}`;
            const isTyped = sender === "time" && then.seconds === FOUR_LETTERS;
            const isText = receiver !== "time" && receiver !== "ntp";
            assertEquals(typeof again, isTyped && isText ? "object" : "string", name);
          }
        }
      }
    }
  }
});

Deno.test("two servers send two replies at most to each other, whatever started it", async () => {
  const peers = moments.flatMap((at) =>
    receivers.map(([name, responder]) => ({
      name: `${name} at ${at.seconds}`,
      peer: peerOf(responder, at),
    }))
  );
  const forged = [...["", "now\n"].map(octetsOf), request(0x23)];
  const counts = new Set<number>();
  for (const first of peers) {
    for (const second of peers) {
      for (const octets of forged) {
        const count = await countReplies([first.peer, second.peer], octets, 10);
        assert(count <= 2, `${first.name} and ${second.name} after ${octets}: ${count}`);
        counts.add(count);
      }
    }
  }
  assertEquals([...counts].sort(), [0, 1, 2]);
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
    "Time",
    "now\n",
    "what is 12:30:00 in Rome?",
    "Fri Apr  3 21:09:36",
    "Fri Apr  3 21:09:36 ",
    "Tue Apr 20 00:00:00 -271821\n\0\0",
    "0123456789012345678901234567890123456789",
    "\0",
    "\0".repeat(3),
    "\0".repeat(48),
    "\xff".repeat(48),
    "\xe2\x32\x24\x90\0\0\0\x01",
    "\xe2\x32\x24\x90\0\0",
    `${"x".repeat(80)}12:30:00\n`,
  ].map(octetsOf);
  // One octet over and over, as those who test a server send it.
  for (let octet = 0; octet < 256; octet++) {
    for (const length of [1, 3, 5, 12, 48, 52, 1000]) {
      requests.push(new Uint8Array(length).fill(octet));
    }
  }
  for (const octets of requests) {
    assertEquals(looksLikeReply(octets), false, `${octets}`);
    for (const [receiver, responder] of receivers) {
      if (receiver === "auto" || receiver === "ntp") continue;
      // RFC 868 has no text: any four octets can be a time.
      if (receiver === "time" && octets.length === 4) continue;
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
    assertEquals(looksLikeReply(hex(octets)), false, octets);
  }
});
