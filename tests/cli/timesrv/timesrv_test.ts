import { assertEquals, assertMatch } from "@std/assert";
import { timesrv } from "../../../src/cli/timesrv/timesrv.ts";
import { QueryError } from "../../../src/protocols/failure.ts";
import type { NtpReply } from "../../../src/protocols/reply.ts";
import config from "../../../deno.json" with { type: "json" };
import { type Ready, runMain, serveWhile } from "../../support/command_line.ts";
import { queryOnce } from "../../support/query_once.ts";

const NTP = "ntp://127.0.0.1:0";
const datagram = ["--transport", "datagram"];

/** The first reply of a server with these options. */
async function replyOf(args: readonly string[], url = NTP): Promise<NtpReply> {
  let reply: unknown;
  await serveWhile([...datagram, ...args, url], async ({ listeners: [first] }) => {
    reply = await queryOnce(first?.url ?? "");
  });
  return reply as NtpReply;
}

/** The reason for which a server with these options sends no time. */
async function failureOf(args: readonly string[], url = NTP): Promise<string | undefined> {
  try {
    const { leap, referenceId, stratum } = await replyOf(args, url);
    return referenceId !== "" && stratum === 0 ? `KoD ${referenceId}` : leap;
  } catch (error) {
    if (error instanceof QueryError) return error.reason;
    throw error;
  }
}

const text = async (args: readonly string[], url: string): Promise<string> =>
  (await replyOf(args, url)).text;

Deno.test("timesrv announces its listeners, logs its life, and ends with 0 at a signal", async () => {
  const urls = ["ntp://127.0.0.1:0", "daytime://127.0.0.1:0", "127.0.0.1:0"];
  let announced: unknown;
  const { code, stdout, stderr } = await serveWhile([...datagram, ...urls], async (ready) => {
    announced = ready;
    assertEquals(ready.listeners.map(({ protocol }) => protocol), ["ntp", "daytime", "auto"]);
    for (const { url, protocol, hostname, port } of ready.listeners) {
      assertEquals([url, hostname], [`${protocol}://127.0.0.1:${port}`, "127.0.0.1"]);
      await queryOnce(url);
    }
  });
  assertEquals([code, stdout], [0, `${JSON.stringify(announced)}\n`]);
  const lines = stderr.trimEnd().split("\n").map((line) => line.slice(25));
  assertEquals(
    lines.slice(0, 4).map((line) => line.replace(/\d+$/, "PORT").replace(/ \(.*\)$/, "")),
    [
      ...["ntp", "daytime", "auto"].map((name) => `Serving ${name} on udp 127.0.0.1:PORT`),
      "Transport: datagram",
    ],
  );
  assertEquals(lines.filter((line) => line.startsWith("Time request from ")).length, 3);
  assertMatch(
    lines.at(-1) ?? "",
    /^Stopped after \d\.\d s: 3 received, 3 answered, 0 refused, 0 errors$/,
  );
});

Deno.test("the ready line has what repeats the run, whatever the level of the log", async () => {
  const urls = [NTP, `${NTP}?offset=+1h`, `${NTP}?drop&seed=9`];
  let announced: unknown;
  const { stderr } = await serveWhile(
    [...datagram, "--quiet", "--seed", "42", ...urls],
    (ready) => {
      announced = ready;
      return Promise.resolve();
    },
  );
  const { version, seed, simulated, listeners } = announced as Ready & Record<string, unknown>;
  assertEquals([version, seed, simulated], [config.version, 42, true]);
  assertEquals(
    listeners.map((each) => [each.simulated, each.seed]),
    [[false, undefined], [true, undefined], [false, 9]],
  );
  assertEquals(stderr.trimEnd().split("\n").map((line) => line.slice(25)), [
    `Simulated clock on ${listeners[1]?.url}, not the true time: offset +1h`,
    `Faults on ${listeners[2]?.url}: drop (seed 9)`,
  ]);

  const faults = [...datagram, "--quiet", "--fault", "drop=0.3", NTP];
  let drawn: unknown;
  const { stderr: quiet } = await serveWhile(faults, (ready) => {
    drawn = ready.seed;
    return Promise.resolve();
  });
  assertMatch(
    quiet,
    new RegExp(`^\\S+ Faults on ntp://127\\.0\\.0\\.1:\\d+: drop=0\\.3 \\(seed ${drawn}\\)\n$`),
  );
});

Deno.test("timesrv ends by itself after its lifetime, and reports its totals", async () => {
  const ended = await runMain("timesrv", timesrv, [...datagram, "--lifetime", "50ms", NTP]);
  assertEquals(ended.code, 0);
  const lines = ended.stderr.trimEnd().split("\n").map((line) => line.slice(25));
  assertEquals(lines.at(-2), "Ending: its lifetime is over");
  assertMatch(lines.at(-1) ?? "", /^Stopped after 0\.\d s: 0 received, 0 answered, /);
});

Deno.test("signals within 300 ms are one, and lose no totals", async () => {
  const { code, stderr } = await serveWhile([...datagram, NTP], (_ready, send) => {
    // Of a terminal, of npx and of the task runner; another one comes after the test.
    for (const signal of ["SIGINT", "SIGINT", "SIGTERM"] as const) send(signal);
    return Promise.resolve();
  });
  assertEquals(code, 0);
  assertEquals(stderr.match(/ Stopped after /g)?.length, 1);
});

Deno.test("timesrv ends with 0 after a number of requests", async () => {
  const { code, stderr } = await serveWhile(
    [...datagram, "--until-requests", "2", NTP],
    async ({ listeners: [first] }) => {
      await Promise.all([queryOnce(first?.url ?? ""), queryOnce(first?.url ?? "")]);
    },
  );
  assertEquals(code, 0);
  assertMatch(stderr, / Ending: 2 requests have been handled\n.* Stopped after .* 2 answered, /);
});

Deno.test("timesrv logs at the given level in the given format", async () => {
  const use = async ({ listeners: [first] }: { listeners: readonly { url: string }[] }) => {
    await queryOnce(first?.url ?? "");
  };
  const quiet = await serveWhile([...datagram, "--quiet", NTP], use);
  assertEquals(quiet.stderr, "");
  const json = await serveWhile([...datagram, "--log-format", "json", NTP], use);
  const events = json.stderr.trimEnd().split("\n").map((line) => JSON.parse(line).event);
  assertEquals(events, ["listening", "transport", "request", "stopped"]);
  const verbose = await serveWhile([...datagram, "--verbose", NTP], use);
  assertMatch(verbose.stderr, /Time request from \S+ .*48 octets/);
});

Deno.test("timesrv serves by its options", async () => {
  const frozen = ["--time", "2030-05-06T07:08:09Z", "--freeze"];
  assertEquals(
    await text([...frozen, "--utc"], "asctime://127.0.0.1:0"),
    "Mon May  6 07:08:09 2030",
  );
  assertEquals(
    await text([...frozen, "--utc", "--daytime-format", "iso8601"], "daytime://127.0.0.1:0"),
    "2030-05-06T07:08:09+00:00",
  );
  assertEquals(await text(frozen, "time://127.0.0.1:0"), "2030-05-06T07:08:09Z");
  const status = [
    "--stratum",
    "5",
    "--refid",
    "LOCL",
    "--root-delay",
    "0.25",
    "--root-dispersion",
    "0.5",
  ];
  const { stratum, leap, packet } = await replyOf([...status, "--leap", "delete"]);
  assertEquals([stratum, leap, packet.rootDelay], [5, "delete", 0.25]);
  assertEquals([packet.rootDispersion >= 0.5, packet.rootDispersion < 0.6], [true, true]);
  for (const name of ["y2038", "2038"]) {
    const args = ["--scenario", name, "--freeze"];
    assertMatch((await replyOf(args)).text, /^2038-01-19T03:13:58(\.\d+)?Z$/);
  }
});

Deno.test("timesrv refuses by its options", async () => {
  for (
    const [args, failure] of [
      [[], "none"],
      [["--unsynchronized"], "unsynchronized"],
      [["--time", "2028-12-31T23:00:00Z", "--leap", "insert@2028-12-31"], "insert"],
      [["--fault", "kiss=DENY"], "KoD DENY"],
      [["--scenario", "unsynchronized"], "unsynchronized"],
      [["--deny", "127.0.0.0/8", "--deny-action", "kod"], "KoD DENY"],
      [["--allow", "192.0.2.0/24", "--deny-action", "kod"], "KoD DENY"],
      [["--allow", "127.0.0.1", "--deny", "all", "--deny-action", "kod"], "none"],
    ] as const
  ) assertEquals(await failureOf(args), failure, args.join(" "));
});

Deno.test("timesrv limits rates by its options", async () => {
  const limit = ["--rate-limit", "0.001/s,1", "--rate-kod", "1"];
  for (const [args, last] of [[limit, "RATE"], [["--rate-limit", "off"], ""]] as const) {
    await serveWhile([...datagram, ...args, NTP], async ({ listeners: [first] }) => {
      const codes: string[] = [];
      // One in eight is admitted beyond the limit.
      for (let i = 0; i < 12 && (codes.at(-1) ?? "") === ""; i++) {
        const { stratum, referenceId } = await queryOnce(first?.url ?? "") as NtpReply;
        codes.push(stratum === 0 ? referenceId : "");
      }
      assertEquals([codes[0], codes.at(-1)], ["", last]);
    });
  }
});

Deno.test("timesrv opens a control interface on the given address", async () => {
  const args = ["--control", "127.0.0.1:0", "--control-token", "0123456789abcdef", NTP];
  await serveWhile([...datagram, ...args], async ({ control }) => {
    const statusOf = async (headers: Record<string, string>): Promise<number> => {
      const response = await fetch(`${control}/state`, { headers });
      await response.body?.cancel();
      return response.status;
    };
    assertEquals(await statusOf({}), 401);
    assertEquals(await statusOf({ authorization: "Bearer 0123456789abcdef" }), 200);
  });
});

Deno.test("timesrv lists its scenarios, and starts nothing", async () => {
  const { code, stdout, stderr } = await runMain("timesrv", timesrv, ["--scenario", "list"]);
  assertEquals([code, stderr], [0, ""]);
  assertMatch(
    stdout,
    /^y2038 +10 s before the seconds since 1970 exceed 31 bits, on 19 January 2038\n +misread by ntpdig, ntpdate, rdate\n/m,
  );
  assertMatch(stdout, /^kod-rate +.*\n +refused by chronyd, ntpdig, ntpdate, rdate, timecli\n/m);
  assertMatch(stdout, /^y2036 /);
  assertMatch(stdout, /^step-back +.*\n +followed by all clients tried\n/m);
});

Deno.test("timesrv outlives the session that started it", async () => {
  const { code, stderr } = await serveWhile([...datagram, NTP], async ({ listeners }, send) => {
    send("SIGHUP");
    await queryOnce(listeners[0]?.url ?? "");
  });
  assertEquals(code, 0);
  assertMatch(stderr, /: 1 received, 1 answered, /);
});

Deno.test("timesrv that is stopped while it starts ends with 0, and serves nothing", async () => {
  const { code, stdout } = await runMain("timesrv", timesrv, [...datagram, NTP], {
    onListening: (send) => send("SIGINT"),
  });
  assertEquals([code, stdout], [0, ""]);
});

Deno.test("timesrv ends with 1 where it cannot listen", async () => {
  await serveWhile([...datagram, NTP], async ({ listeners: [first] }) => {
    const { code, stdout, stderr } = await runMain("timesrv", timesrv, [
      ...datagram,
      first?.url ?? "",
    ]);
    assertEquals([code, stdout], [1, ""]);
    assertMatch(
      stderr,
      /^timesrv: Cannot listen on udp 127\.0\.0\.1:\d+: the port is already in use; [^\n]+\n$/,
    );
  });
});
