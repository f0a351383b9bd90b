import { assertEquals, assertMatch } from "@std/assert";
import { runTimecli, type TimecliOptions } from "../../../support/command_line.ts";
import { FakeNetwork, kissOfDeath } from "../../../support/fake_network.ts";
import type { Outcome } from "../../../support/process.ts";

function network(): FakeNetwork {
  const network = new FakeNetwork();
  network.serveNtp("ntp://192.0.2.1");
  network.serveNtp("ntp://192.0.2.2", (count) => count === 2 ? kissOfDeath("DENY") : {});
  return network;
}

function watch(args: readonly string[], options: TimecliOptions = {}): Promise<Outcome> {
  return runTimecli(["watch", "-i", "2s", ...args], { network: network(), ...options });
}

const GOOD = "offset +0 s ± 1.001 ms  delay 2.000 ms  stratum 2";

Deno.test("watch prints a line per exchange and event, then a summary", async () => {
  const { code, stdout, stderr } = await watch(["-n", "2", "192.0.2.1"]);
  assertEquals([code, stderr], [0, ""]);
  assertEquals(stdout.split("\n"), [
    `2026-01-01T00:00:00.002Z  ntp://192.0.2.1:123  ${GOOD}`,
    `2026-01-01T00:00:02.002Z  ntp://192.0.2.1:123  ${GOOD}`,
    "",
    "SERVER               SENT  LOST  OFFSET  MIN   MAX   STDDEV  JITTER  DELAY",
    "ntp://192.0.2.1:123  2     0     +0 s    +0 s  +0 s  0 s     0 s     2.000 ms",
    "",
  ]);
  const denied = await watch(["--ascii", "192.0.2.2", "ntp://192.0.2.2:123"]);
  assertEquals(denied.code, 0);
  assertEquals(denied.stdout.split("\n"), [
    `2026-01-01T00:00:00.002Z  ntp://192.0.2.2:123  ${GOOD.replace("±", "+-")}`,
    "2026-01-01T00:00:02.002Z  ntp://192.0.2.2:123  The server 192.0.2.2:123 denies service (KoD DENY)",
    "2026-01-01T00:00:02.002Z  ntp://192.0.2.2:123  KoD DENY: no more requests to it",
    "",
    "SERVER               SENT  LOST  BAD  OFFSET  MIN   MAX   STDDEV  JITTER  DELAY",
    "ntp://192.0.2.2:123  2     0     1    +0 s    +0 s  +0 s  -       -       2.000 ms",
    "",
  ]);
});

Deno.test("watch prints nothing but rows and objects for programs", async () => {
  const csv = await watch(["-n2", "--csv", "192.0.2.1"]);
  const [head = "", ...rows] = csv.stdout.split("\r\n");
  assertMatch(
    head,
    /^at,url,protocol,.*,error_reason,error_message,event,code,interval,from,to,step,clock,after$/,
  );
  const cell = (row: string, name: string): string | undefined =>
    row.split(",")[head.split(",").indexOf(name)];
  assertEquals(rows.pop(), "");
  assertEquals(rows.map((row) => [cell(row, "at"), cell(row, "offset"), cell(row, "event")]), [
    ["2026-01-01T00:00:00.002000000Z", "0", "exchange"],
    ["2026-01-01T00:00:02.002000000Z", "0", "exchange"],
  ]);
  const json = await watch(["--json", "192.0.2.2"]);
  const objects = json.stdout.trimEnd().split("\n").map((line) => JSON.parse(line));
  assertEquals(objects.map(({ event, code }) => [event, code]), [
    ["exchange", undefined],
    ["exchange", undefined],
    ["kiss", "DENY"],
  ]);
});

Deno.test("watch ends with the failure of the first server that sent no time", async () => {
  const silent = await watch(["-n1", "192.0.2.1", "192.0.2.9", "127.0.0.1"]);
  assertEquals([silent.code, silent.stderr], [3, ""]);
  const unknown = await watch(["-n1", "192.0.2.1", "a.invalid"]);
  assertEquals([unknown.code, unknown.stdout.split("\n").slice(-3)], [5, [
    "ntp://192.0.2.1:123  1     0     +0 s    +0 s  +0 s  -       -       2.000 ms",
    "ntp://a.invalid:123  Unknown host a.invalid",
    "",
  ]]);
  const refused = await watch(["-n1", "127.0.0.1", "192.0.2.9"]);
  assertEquals(refused.code, 4);
  // Its first request was not lost yet when the time was over.
  const over = await watch(["-d", "500ms", "192.0.2.1", "192.0.2.9"]);
  assertEquals([over.code, over.stderr], [3, ""]);
  assertEquals((await watch(["-d", "500ms", "192.0.2.1"])).code, 0);
  const early = await watch(["192.0.2.9"], { interruptAfterMs: 10 });
  assertEquals(early, {
    code: 1,
    stdout: "",
    stderr: "timecli: Stopped before anything was measured\n",
  });
});

Deno.test("a signal ends watch, whether its output is read, not read, or closed", async () => {
  const read = await watch(["192.0.2.1"], { interruptAfterMs: 5000 });
  assertEquals([read.code, read.stdout.match(/offset \+0 s ±/g)?.length], [0, 3]);
  for (const form of [[], ["--json"], ["--csv"]]) {
    const args = [...form, "192.0.2.1"];
    const blocked = await watch(args, { interruptAfterMs: 5000, isBlocked: true });
    // The head of a table comes before the first request.
    const [code, stderr] = form[0] === "--csv"
      ? [1, "timecli: Stopped before anything was measured\n"]
      : [0, ""];
    assertEquals(blocked, { code, stdout: "", stderr }, args.join(" "));
    let lines = 0;
    const closed = await watch(args, {
      onOutput(): void {
        if (++lines === 3) throw new Deno.errors.BrokenPipe("Broken pipe");
      },
    });
    assertEquals([closed.code, closed.stderr, lines], [0, "", 3], args.join(" "));
  }
});
