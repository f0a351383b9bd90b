import { assertEquals, assertMatch } from "@std/assert";
import { runTimecli } from "../../../support/command_line.ts";
import { checkSessions, type Session } from "../../../support/simulated_servers.ts";

const sessions: readonly Session[] = [
  [
    "explain --hex /83aa7e80",
    0,
    `
Octets of time

Request: 0 octets, and so no content

Reply: 4 octets
     0 83aa7e80           Seconds since 1900  2208988800 = 1970-01-01T00:00:00Z

Tests of the reply
  --    it came from the address and port queried    not in any RFC
          the octets do not show it
  ok    4 octets, or 8 of which the rest is zero     RFC 868

The times
  client, UTC                                             server, UTC
  T1  not known            o--------- request --------->o
                           |                            |
  T4  not known            o<--------- reply -----------o T3  00:00:00.000000000
  On 1970-01-01.
`,
  ],
  [
    "explain --hex 54696d652072657175657374/467269204170722020332032313a30393a33362032303230",
    0,
    `
Octets of asctime

Request: 12 octets
     0 54696d65 20726571  Text                "Time request": servers ignore it
     8 75657374

Reply: 24 octets
     0 46726920           Weekday             "Fri ": not compared with the date
     4 41707220           Month               "Apr ": an English name, in every
                                              locale
     8 203320             Day                 " 3 ": padded with a space
    11 32313a30 393a3336  Time of day         "21:09:36": the server's, of no
                                              known zone
    19 20323032 30        Year                " 2020": all of its digits

Tests of the reply
  --    it came from the address and port queried    not in any RFC
          the octets do not show it
  ok    a date and time in the form of asctime()     C11 §7.27.3.1
`,
  ],
  [
    "explain --protocol daytime --hex /467269204170722020332032313a30393a3336",
    7,
    `
Octets of daytime

Request: 0 octets, and so no content

Reply: 19 octets
     0 46726920 41707220  Unknown             "Fri Apr  3 21:09:36"
     8 20332032 313a3039
    16 3a3336

Tests of the reply
  --    it came from the address and port queried    not in any RFC
          the octets do not show it
  FAIL  one printable line, of a form in use         RFC 867
          it is not
`,
    `
timecli: The reply is not a time: "Fri Apr  3 21:09:36" (19 octets)
`,
  ],
  [
    "explain --hex 230000000000000000000000000000000000000000000000000000000000000000000000000000000102030405060708/240206ec0000080000000c00c0000201ed4ea884000000000102030405060708ed4ea8c000000000ed4ea8c000100000",
    0,
    `
Octets of ntp

Request: 48 octets
     0 23  00......       Leap indicator      0: no leap second is announced
           ..100...       Version             4
           .....011       Mode                3: client
     1 00                 Stratum             0: not given
     2 00                 Poll                0: not given
     3 00                 Precision           0: not given
     4 00000000           Root delay          0.000000000 s
     8 00000000           Root dispersion     0.000000000 s
    12 00000000           Reference id        not given
    16 00000000 00000000  Reference timestamp zero: not given
    24 00000000 00000000  Origin timestamp    zero: not given
    32 00000000 00000000  Receive timestamp   zero: not given
    40 01020304 05060708  Transmit timestamp  random bits, or a wrong clock; the
                                              reply must copy them

Reply: 48 octets
     0 24  00......       Leap indicator      0: no leap second is announced
           ..100...       Version             4
           .....100       Mode                4: server
     1 02                 Stratum             2: 1 server from a reference clock
     2 06                 Poll                2^6 s = 64 s
     3 ec                 Precision           2^-20 s = 954 ns
     4 00000800           Root delay          0.031250000 s
     8 00000c00           Root dispersion     0.046875000 s
    12 c0000201           Reference id        192.0.2.1: IPv4 address of its
                                              source, or hash of an IPv6 one
    16 ed4ea884 00000000  Reference timestamp 2026-03-01T11:59:00.000000000Z
    24 01020304 05060708  Origin timestamp    copy of the transmit timestamp of
                                              the other side
    32 ed4ea8c0 00000000  Receive timestamp   T2 2026-03-01T12:00:00.000000000Z
    40 ed4ea8c0 00100000  Transmit timestamp  T3 2026-03-01T12:00:00.000244141Z

Tests of the reply
  --    it came from the address and port queried    RFC 5905 §9.2
          the octets do not show it
  ok    48 octets or more, a multiple of 4           RFC 5905 §7.3
  ok    mode is 4, or 1 or 2 of a symmetric peer     RFC 5905 §9.2
  ok    version is 1 to 4                            RFC 5905 §9.2
  ok    origin timestamp is what was sent            RFC 5905 §8
  ok    no kiss-o'-death                             RFC 5905 §7.4
  ok    synchronised: leap below 3, stratum 1 to 15  RFC 5905 §9.2
  ok    its two timestamps are not zero              RFC 5905 §9.2
  ok    it left after its request arrived            RFC 5905 §8
  --    the server took no longer than the exchange  RFC 5905 §8
          T1 and T4 are not known
  ok    the server took no more than 4 s             chrony's limit
  ok    its own error bound is below 16 s            RFC 5905 §9.2
  --    its root distance is at most 3 s             chrony; RFC 5905 §7.2: 1 s
          T1 and T4 are not known

The four times
  client, UTC                                             server, UTC
  T1  not known            o--------- request --------->o T2  12:00:00.000000000
                           |                            | 244.1 µs
  T4  not known            o<--------- reply -----------o T3  12:00:00.000244141
  On 2026-03-01.
`,
  ],
  [
    "explain --protocol ntp --hex 230000000000000000000000000000000000000000000000000000000000000000000000000000000102030405060708/240206ec0000080000000c00c0000201ed4ea884000000000102030405060709ed4ea8c000000000ed4ea8c000100000",
    10,
    `
Octets of ntp

Request: 48 octets
     0 23  00......       Leap indicator      0: no leap second is announced
           ..100...       Version             4
           .....011       Mode                3: client
     1 00                 Stratum             0: not given
     2 00                 Poll                0: not given
     3 00                 Precision           0: not given
     4 00000000           Root delay          0.000000000 s
     8 00000000           Root dispersion     0.000000000 s
    12 00000000           Reference id        not given
    16 00000000 00000000  Reference timestamp zero: not given
    24 00000000 00000000  Origin timestamp    zero: not given
    32 00000000 00000000  Receive timestamp   zero: not given
    40 01020304 05060708  Transmit timestamp  random bits, or a wrong clock; the
                                              reply must copy them

Reply: 48 octets
     0 24  00......       Leap indicator      0: no leap second is announced
           ..100...       Version             4
           .....100       Mode                4: server
     1 02                 Stratum             2: 1 server from a reference clock
     2 06                 Poll                2^6 s = 64 s
     3 ec                 Precision           2^-20 s = 954 ns
     4 00000800           Root delay          0.031250000 s
     8 00000c00           Root dispersion     0.046875000 s
    12 c0000201           Reference id        192.0.2.1: IPv4 address of its
                                              source, or hash of an IPv6 one
    16 ed4ea884 00000000  Reference timestamp 2026-03-01T11:59:00.000000000Z
    24 01020304 05060709  Origin timestamp    copy of the transmit timestamp of
                                              the other side
    32 ed4ea8c0 00000000  Receive timestamp   T2 2026-03-01T12:00:00.000000000Z
    40 ed4ea8c0 00100000  Transmit timestamp  T3 2026-03-01T12:00:00.000244141Z

Tests of the reply
  --    it came from the address and port queried    RFC 5905 §9.2
          the octets do not show it
  ok    48 octets or more, a multiple of 4           RFC 5905 §7.3
  ok    mode is 4, or 1 or 2 of a symmetric peer     RFC 5905 §9.2
  ok    version is 1 to 4                            RFC 5905 §9.2
  FAIL  origin timestamp is what was sent            RFC 5905 §8
          its origin timestamp is not the one sent
  --    no kiss-o'-death                             RFC 5905 §7.4
  --    synchronised: leap below 3, stratum 1 to 15  RFC 5905 §9.2
  --    its two timestamps are not zero              RFC 5905 §9.2
  --    it left after its request arrived            RFC 5905 §8
  --    the server took no longer than the exchange  RFC 5905 §8
  --    the server took no more than 4 s             chrony's limit
  --    its own error bound is below 16 s            RFC 5905 §9.2
  --    its root distance is at most 3 s             chrony; RFC 5905 §7.2: 1 s
          it is not the reply to the request
`,
    `
timecli: The reply does not belong to the request: its origin timestamp is not the one sent
`,
  ],
  [
    "explain --json --hex /83aa7e80",
    0,
    `
{"schema":1,"seen":"Octets of time","protocol":"time","request":{"fields":[]},"reply":{"fields":[{"name":"Seconds since 1900","offset":0,"length":4,"hex":"83aa7e80","meaning":"2208988800 = 1970-01-01T00:00:00Z"}]},"tests":[{"name":"it came from the address and port queried","source":"not in any RFC","result":"unknown","detail":"the octets do not show it"},{"name":"4 octets, or 8 of which the rest is zero","source":"RFC 868","result":"passed"}],"times":{"t3":"1970-01-01T00:00:00.000000000Z"}}
`,
  ],
  [
    "explain --hex /",
    7,
    `
Octets of time

Request: 0 octets, and so no content

Reply: 0 octets, and so no content

Tests of the reply
  --    it came from the address and port queried    not in any RFC
          the octets do not show it
  FAIL  4 octets, or 8 of which the rest is zero     RFC 868
          it is not
`,
    `
timecli: The reply is not a time of RFC 868, which has 4 octets: "" (0 octets)
`,
  ],
  [
    "explain ntp://127.0.0.1",
    4,
    "",
    `
timecli: Nothing listens on udp 127.0.0.1:123; a server starts there with: deno task serve ntp://127.0.0.1:123 (without a URL it serves ntp://127.0.0.1:8888)
`,
  ],
  [
    "explain ntp://192.0.2.9",
    3,
    "",
    `
timecli: No reply from 192.0.2.9:123 within 3 s
`,
  ],
  [
    "explain time://192.0.2.6",
    0,
    `
time://192.0.2.6:37

Request: 0 octets, and so no content

Reply: 4 octets
     0 ed4ea8c0           Seconds since 1900  3981355200 = 2026-03-01T12:00:00Z

Tests of the reply
  ok    it came from the address and port queried    not in any RFC
  ok    4 octets, or 8 of which the rest is zero     RFC 868

The times
  client, UTC                                             server, UTC
  T1  12:00:00.000000000   o--------- request --------->o
                2.000 ms   |                            |
  T4  12:00:00.002000000   o<--------- reply -----------o T3  12:00:00.000000000
  On 2026-03-01.

Calculation, in seconds
  T4 - T1 = +0.002000000, the whole exchange
  T3 - T1 = +0.000000000
  offset  = (T3 - T1) - (T4 - T1) / 2
          = +0.000000000 - 0.001000000
          = -0.001000000: within the error bound
    The reply has one time, which is taken for that of the middle of the
    exchange, as if both directions took equally long.

  bound   = (T4 - T1) / 2, plus 1 s for the fraction that the reply lacks,
            plus 10 ms by which the clock of such servers may lag
          = 0.001000000 + 1.010000000
          = 1.011000000
    The server may have read its clock at any moment of the exchange, leaves out
    the fraction of a second, and often reads a clock that ticks every 10 ms.
`,
  ],
  [
    "explain -t 1 ntp://192.0.2.9",
    3,
    "",
    `
timecli: No reply from 192.0.2.9:123 within 1 s
`,
  ],
];

Deno.test("timecli explain shows every octet, every test and the calculation", () =>
  checkSessions(sessions));

Deno.test("timecli explain reads datagrams of any length, in any notation", async () => {
  const longest = Array(65_507).fill("0x41").join(" ");
  const { code, stdout } = await runTimecli(["explain", "--hex", `${longest}/${longest}`]);
  assertEquals(code, 7);
  assertMatch(stdout, /^Request: 65,507 octets$/m);
  assertMatch(stdout, /^Reply: 65,507 octets$/m);
});
