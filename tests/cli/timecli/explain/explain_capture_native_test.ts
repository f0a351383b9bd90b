import { assertEquals, assertMatch } from "@std/assert";
import { timecli } from "../../../../src/cli/timecli/timecli.ts";
import { runMain } from "../../../support/command_line.ts";
import { assertDocumented } from "../../../support/documented.ts";
import { where } from "../../../support/needs.ts";
import type { Outcome } from "../../../support/process.ts";
import { captureFile } from "./capture_file.ts";

const needs = { permissions: [{ name: "read" }, { name: "write" }] } as const;

/** Runs the command on a file, whose name is that of a capture in what it prints. */
async function explainFile(octets: Uint8Array, args: readonly string[]): Promise<Outcome> {
  const file = await Deno.makeTempFile();
  try {
    await Deno.writeFile(file, octets);
    const { code, stdout, stderr } = await runMain("timecli", timecli, [
      "explain",
      "--capture",
      file,
      ...args,
    ]);
    const named = (text: string): string => text.replaceAll(file, "lan.pcap");
    return { code, stdout: named(stdout), stderr: named(stderr) };
  } finally {
    await Deno.remove(file);
  }
}

const LIST = `
NUMBER  TIME (UTC)                  CLIENT                 SERVER                       RESULT
1       2026-03-01 12:00:00.000000  192.0.2.1:40000        ntp://192.0.2.2:123          offset -1.378 ms ± 1.380 ms
2       2026-03-01 12:00:00.010000  192.0.2.1:40001        ntp://192.0.2.2:123          no reply
3       2026-03-01 12:00:00.020000  192.0.2.1:40002        ntp://192.0.2.2:123          a reply without its request
4       2026-03-01 12:00:00.030000  192.0.2.1:40003        time://192.0.2.2:37          offset -20513 d 12 h 0 min 0.0 s ± 1.010 s

4 exchanges in lan.pcap. --exchange NUMBER explains one of them.
`;

const LIST_JSON = `
{"schema":1,"exchange":1,"time":"2026-03-01T12:00:00.000000000Z","protocol":"ntp","client":"192.0.2.1:40000","server":"ntp://192.0.2.2:123","offset":-0.00137793,"error_bound":0.001379882}
{"schema":1,"exchange":2,"time":"2026-03-01T12:00:00.010000000Z","protocol":"ntp","client":"192.0.2.1:40001","server":"ntp://192.0.2.2:123","error":{"reason":"timeout","message":"The capture has no reply"}}
{"schema":1,"exchange":3,"time":"2026-03-01T12:00:00.020000000Z","protocol":"ntp","client":"192.0.2.1:40002","server":"ntp://192.0.2.2:123"}
{"schema":1,"exchange":4,"time":"2026-03-01T12:00:00.030000000Z","protocol":"time","client":"192.0.2.1:40003","server":"time://192.0.2.2:37","offset":-1772366400.0305002,"error_bound":1.0105}
`;

const sessions: readonly (readonly [
  args: readonly string[],
  code: number,
  stdout: string,
  stderr: string,
])[] = [
  [
    ["--exchange", "1"],
    0,
    `
lan.pcap, exchange 1 of 4: 192.0.2.1:40000 and ntp://192.0.2.2:123

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
  ok    it came from the address and port queried    RFC 5905 §9.2
  ok    48 octets or more, a multiple of 4           RFC 5905 §7.3
  ok    mode is 4, or 1 or 2 of a symmetric peer     RFC 5905 §9.2
  ok    version is 1 to 4                            RFC 5905 §9.2
  ok    origin timestamp is what was sent            RFC 5905 §8
  ok    no kiss-o'-death                             RFC 5905 §7.4
  ok    synchronised: leap below 3, stratum 1 to 15  RFC 5905 §9.2
  ok    its two timestamps are not zero              RFC 5905 §9.2
  ok    it left after its request arrived            RFC 5905 §8
  ok    the server took no longer than the exchange  RFC 5905 §8
  ok    the server took no more than 4 s             chrony's limit
  ok    its own error bound is below 16 s            RFC 5905 §9.2
  ok    its root distance is at most 3 s             chrony; RFC 5905 §7.2: 1 s

The four times
  client, UTC                                             server, UTC
  T1  12:00:00.000000000   o--------- request --------->o T2  12:00:00.000000000
                3.000 ms   |                            | 244.1 µs
  T4  12:00:00.003000000   o<--------- reply -----------o T3  12:00:00.000244141
  On 2026-03-01.

Calculation, in seconds
  T2 - T1 = +0.000000000
  T3 - T4 = -0.002755859
  offset  = ((T2 - T1) + (T3 - T4)) / 2
          = (+0.000000000 - 0.002755859) / 2
          = -0.001377930: within the error bound
    T2 - T1 is the offset plus the time of the request, T3 - T4 the offset less
    that of the reply: half their sum is the offset if both directions take
    equally long, and is wrong by half the difference if they do not. [RFC 5905
    §8]

  T4 - T1 = +0.003000000, the whole exchange
  T3 - T2 = +0.000244141, in the server
  delay   = (T4 - T1) - (T3 - T2)
          = +0.002755859, on the network
    Both differences are of one clock each, so that the offset is in neither,
    and the time that the server needed is no time of the network. [RFC 5905 §8]

  bound   = delay / 2 + both precisions + 15 ppm of T4 - T1
          = 0.001377929 + 0.000001908 + 0.000000045
          = 0.001379882: the offset is right to within it,
            if the server is right
    At worst all of the delay is in one direction, which shifts the offset by
    half of it; the rest is what both clocks cannot resolve, and what they drift
    meanwhile (PHI, §7.2). [RFC 5905 §8]

  root distance
          = max(0.005, root delay + delay) / 2
            + root dispersion + precisions and drift as above
          = (0.031250000 + 0.002755859) / 2 + 0.046875000 + 0.000001953
          = 0.063879882: the error bound of the server's time here
    The server's own clock can be wrong by half of the delay to its reference
    clock and by its dispersion, so that this bounds the error against the
    reference, by which clients choose among servers; 0.005 is MINDISP (§7.2).
    [RFC 5905 §A.5.5.2]
`,
    "",
  ],
  [
    ["--exchange", "2"],
    3,
    `
lan.pcap, exchange 2 of 4: 192.0.2.1:40001 and ntp://192.0.2.2:123

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

Reply: none received
`,
    `
timecli: lan.pcap has no reply from ntp://192.0.2.2:123
`,
  ],
  [
    ["--exchange", "4"],
    0,
    `
lan.pcap, exchange 4 of 4: 192.0.2.1:40003 and time://192.0.2.2:37

Request: 0 octets, and so no content

Reply: 4 octets
     0 83aa7e80           Seconds since 1900  2208988800 = 1970-01-01T00:00:00Z

Tests of the reply
  ok    it came from the address and port queried    not in any RFC
  ok    4 octets, or 8 of which the rest is zero     RFC 868

The times
  client, UTC                                             server, UTC
  T1  12:00:00.030000000   o--------- request --------->o
                1.000 ms   |                            |
  T4  12:00:00.031000000   o<--------- reply -----------o T3  00:00:00.000000000
  The client's times are of 2026-03-01, the server's of 1970-01-01.

Calculation, in seconds
  T4 - T1 = +0.001000000, the whole exchange
  T3 - T1 = -1772366400.030000000
  offset  = (T3 - T1) - (T4 - T1) / 2
          = -1772366400.030000000 - 0.000500000
          = -1772366400.030500000: the client's clock is ahead
    The reply has one time, which is taken for that of the middle of the
    exchange, as if both directions took equally long.

  bound   = (T4 - T1) / 2, plus 1 s for the fraction that the reply lacks,
            plus 10 ms by which the clock of such servers may lag
          = 0.000500000 + 1.010000000
          = 1.010500000
    The server may have read its clock at any moment of the exchange, leaves out
    the fraction of a second, and often reads a clock that ticks every 10 ms.
`,
    "",
  ],
  ...[[], ["--list"]].map((args) => [args, 0, LIST, ""] as const),
  ...[["--json"], ["--json", "--list"]].map((args) => [args, 0, LIST_JSON, ""] as const),
  [
    ["--protocol", "time", "--list"],
    0,
    `
NUMBER  TIME (UTC)                  CLIENT                 SERVER                       RESULT
1       2026-03-01 12:00:00.030000  192.0.2.1:40003        time://192.0.2.2:37          offset -20513 d 12 h 0 min 0.0 s ± 1.010 s

1 exchange in lan.pcap. --exchange NUMBER explains one of them.
`,
    "",
  ],
  [
    ["--exchange", "5"],
    1,
    "",
    `
timecli: lan.pcap has 4 exchanges, and no number 5
`,
  ],
  [
    ["--port", "99"],
    1,
    "",
    `
timecli: lan.pcap has no datagram of a time service
`,
  ],
  [
    ["--json", "--exchange", "2"],
    3,
    `
{"schema":1,"seen":"lan.pcap, exchange 2 of 4: 192.0.2.1:40001 and ntp://192.0.2.2:123","protocol":"ntp","request":{"fields":[{"name":"Leap indicator","offset":0,"length":1,"hex":"23","bits":"00......","meaning":"0: no leap second is announced"},{"name":"Version","offset":0,"length":1,"hex":"23","bits":"..100...","meaning":"4"},{"name":"Mode","offset":0,"length":1,"hex":"23","bits":".....011","meaning":"3: client"},{"name":"Stratum","offset":1,"length":1,"hex":"00","meaning":"0: not given"},{"name":"Poll","offset":2,"length":1,"hex":"00","meaning":"0: not given"},{"name":"Precision","offset":3,"length":1,"hex":"00","meaning":"0: not given"},{"name":"Root delay","offset":4,"length":4,"hex":"00000000","meaning":"0.000000000 s"},{"name":"Root dispersion","offset":8,"length":4,"hex":"00000000","meaning":"0.000000000 s"},{"name":"Reference id","offset":12,"length":4,"hex":"00000000","meaning":"not given"},{"name":"Reference timestamp","offset":16,"length":8,"hex":"0000000000000000","meaning":"zero: not given"},{"name":"Origin timestamp","offset":24,"length":8,"hex":"0000000000000000","meaning":"zero: not given"},{"name":"Receive timestamp","offset":32,"length":8,"hex":"0000000000000000","meaning":"zero: not given"},{"name":"Transmit timestamp","offset":40,"length":8,"hex":"0102030405060708","meaning":"random bits, or a wrong clock; the reply must copy them"}]},"tests":[],"error":{"reason":"timeout","message":"lan.pcap has no reply from ntp://192.0.2.2:123"}}
`,
    `
timecli: lan.pcap has no reply from ntp://192.0.2.2:123
`,
  ],
];

Deno.test(
  await where(needs, "timecli explain explains each exchange of a capture", async () => {
    for (const [args, code, stdout, stderr] of sessions) {
      const expected = { code, stdout: stdout.slice(1), stderr: stderr.slice(1) };
      assertEquals(await explainFile(captureFile(), args), expected, args.join(" "));
    }
  }),
);

Deno.test("timecli explain --list --json is as documented", () => {
  for (const line of LIST_JSON.trim().split("\n")) {
    assertDocumented(JSON.parse(line), "explain list");
  }
});

Deno.test(
  await where(
    needs,
    "timecli explain names both ends of an exchange without its request",
    async () => {
      const { code, stdout } = await explainFile(captureFile(), ["--exchange", "3"]);
      assertEquals(code, 0);
      assertMatch(
        stdout.replaceAll("\n", " "),
        /^lan\.pcap, exchange 3 of 4: 192\.0\.2\.1:40002 and ntp:\/\/192\.0\.2\.2:123, of which the capture lacks the request {2}Request: not seen /,
      );
    },
  ),
);

Deno.test(
  await where(needs, "timecli explain --json of a capture is as documented", async () => {
    for (const [number, code] of [["1", 0], ["2", 3], ["3", 0], ["4", 0]] as const) {
      const json = await explainFile(captureFile(), ["--json", "--exchange", number]);
      assertDocumented(JSON.parse(json.stdout), "explain");
      assertEquals(json.code, code);
    }
  }),
);

Deno.test(
  await where(
    needs,
    "timecli explain reads a compressed capture, and names what is none",
    async () => {
      const body = new Blob([captureFile()]).stream().pipeThrough(new CompressionStream("gzip"));
      const packed = await explainFile(await new Response(body).bytes(), ["--exchange", "4"]);
      assertEquals([packed.code, packed.stderr], [0, ""]);
      assertMatch(packed.stdout, /^lan\.pcap, exchange 4 of 4: /);
      for (
        const [octets, message] of [
          [new Uint8Array(100), /^timecli: Cannot read lan\.pcap: neither [^\n]+\n$/],
          [captureFile().slice(0, 24), /^timecli: lan\.pcap has no datagram of a time service\n$/],
        ] as const
      ) {
        const { code, stdout, stderr } = await explainFile(octets, []);
        assertEquals([code, stdout], [1, ""]);
        assertMatch(stderr, message);
      }
      const missing = await runMain("timecli", timecli, ["explain", "--capture", "/nosuch/file"]);
      assertEquals(missing, {
        code: 1,
        stdout: "",
        stderr: "timecli: Cannot read /nosuch/file: there is no such file\n",
      });
    },
  ),
);
