/** The options and names that the functions of the library have in common. */
import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { connectDatagram, logIntervals, query, sample, serve, ServerLog, watch } from "../mod.ts";
import { check, compare, wait } from "../src/client/mod.ts";
import { exchangesOf, readExchanges, recordExchange } from "../src/explain/mod.ts";
import { load } from "../src/load/mod.ts";
import { formatAsctime, formatDaytime } from "../src/protocols/mod.ts";
import { control } from "../src/server/mod.ts";
import { Counters } from "../src/transports/counters.ts";

const FREE = "ntp://127.0.0.1:0";

Deno.test("options with an unknown key are refused, with a suggestion", async () => {
  const url = "ntp://127.0.0.1";
  const log = new ServerLog({ sink: { write: () => Promise.resolve(0) } });
  const totals = new Counters().totals();
  const wrong: [start: () => unknown, message: string][] = [
    [
      () => serve(FREE, { clocks: {} } as never),
      'Unknown serve option "clocks": did you mean clock?',
    ],
    [
      () => query(url, { timeOut: "1s" } as never),
      'Unknown query option "timeOut": did you mean timeout?',
    ],
    [
      () => sample(url, { counts: 3 } as never),
      'Unknown sample option "counts": did you mean count?',
    ],
    [() => watch([url], { retries: 3 } as never), 'Unknown watch option "retries": expected '],
    [() => compare([url], { counts: 3 } as never), 'Unknown compare option "counts": did you'],
    [() => check(url, { warnings: {} } as never), 'Unknown check option "warnings": did you mean'],
    [() => check(url, { warning: { ofset: "1" } } as never), 'Unknown warning option "ofset": did'],
    [
      () => wait([url], { witin: "1s" } as never),
      'Unknown wait option "witin": did you mean within?',
    ],
    [
      () => control("state", { urls: "" } as never),
      'Unknown control option "urls": did you mean url?',
    ],
    [
      () => load(url, { request: 1 } as never),
      'Unknown load option "request": did you mean requests?',
    ],
    [
      () => recordExchange(url, { retry: 1 } as never),
      'Unknown recordExchange option "retry": expected',
    ],
    [
      () =>
        logIntervals({ totals, finished: Promise.resolve() }, { log, intervall: "1s" } as never),
      "did you mean interval?",
    ],
    [
      () => new ServerLog({ sinc: Deno.stderr } as never),
      'Unknown log option "sinc": did you mean sink?',
    ],
    [
      () => connectDatagram({ host: "::1", port: 1 } as never),
      'Unknown connectDatagram option "host": ',
    ],
    [
      () => readExchanges(new Blob().stream(), { prot: 1 } as never),
      'Unknown readExchanges option "prot"',
    ],
    [
      () => exchangesOf([], { prot: 1 } as never),
      'Unknown exchangesOf option "prot": did you mean',
    ],
  ];
  wrong.push(
    [() => formatAsctime(0, { UTC: true } as never), 'Unknown formatAsctime option "UTC": did you'],
    [() => formatDaytime(0, { form: "nist" } as never), 'Unknown formatDaytime option "form": '],
  );
  for (const [start, message] of wrong) {
    await assertRejects(async () => await start(), SyntaxError, message);
  }
});

Deno.test("lengths of time that are numbers are refused", async () => {
  const url = "ntp://127.0.0.1";
  const wrong: readonly (readonly [start: () => unknown, name: string])[] = [
    [() => query(url, { timeout: 3 as never }), "query.timeout is 3,"],
    [() => sample(url, { deadline: 3 as never }), "sample.deadline is 3,"],
    [() => watch([url], { interval: 3 as never }), "watch.interval is 3,"],
    [() => compare([url], { interval: 3 as never }), "compare.interval is 3,"],
    [() => check(url, { timeout: 3 as never }), "check.timeout is 3,"],
    [() => wait([url], { within: 3 as never }), "wait.within is 3,"],
    [() => control("state", { timeout: 3000 as never }), "control.timeout is 3000,"],
    [() => load(url, { duration: 3 as never }), "load.duration is 3,"],
    [() => serve(FREE, { status: { rootDelay: 3 as never } }), "status.rootDelay is 3,"],
    [() => serve(FREE, { faults: { delay: { time: 3 as never } } }), "faults.delay.time is 3,"],
  ];
  for (const [start, name] of wrong) {
    const message =
      `${name} expected a length of time with its unit, such as "2s", or a Temporal.Duration`;
    await assertRejects(async () => await start(), TypeError, message);
  }
});

Deno.test("the URL of a server is that of its only address", async () => {
  await using one = await serve("ntp://127.0.0.1:0");
  assertEquals(one.url, `ntp://127.0.0.1:${one.addresses[0]?.port}`);
  assertEquals((await query(one.url)).stratum, 10);
  await using two = await serve(["ntp://127.0.0.1:0", "time://127.0.0.1:0"]);
  assertThrows(() => two.url, RangeError, "The server has 2 addresses, not one");
});
