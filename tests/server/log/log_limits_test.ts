import { assert, assertEquals, assertRejects } from "@std/assert";
import type { Sink } from "../../../src/server/log/bounded_writer.ts";
import { type LogLevel, ServerLog, type ServerLogOptions } from "../../../src/server/log/log.ts";
import { Counters } from "../../../src/transports/counters.ts";
import { FakeTime } from "../../support/fake_time.ts";
import { endpoint, fields, logged, source } from "../../support/collecting_log.ts";

/** A log by fake time, whose lines are read without their stamps. */
function timed(options: Omit<ServerLogOptions, "sink" | "timers"> = {}): {
  readonly log: ServerLog;
  readonly time: FakeTime;
  /** The lines since the last call, and how often each came. */
  lines(): Record<string, number>;
} {
  const time = new FakeTime();
  let text = "";
  const sink: Sink = {
    write(data): Promise<number> {
      text += new TextDecoder().decode(data);
      return Promise.resolve(data.length);
    },
  };
  return {
    log: new ServerLog({ ...options, sink, timers: time }),
    time,
    lines(): Record<string, number> {
      const counts: Record<string, number> = {};
      for (const line of text.split("\n").slice(0, -1)) {
        const message = line.split(" ").slice(1).join(" ");
        counts[message] = (counts[message] ?? 0) + 1;
      }
      text = "";
      return counts;
    },
  };
}

const REQUEST = "Time request from [::1]:51402 (text)";

Deno.test("ServerLog writes twenty requests per second, sums up the rest, and begins again", async () => {
  const { log, time, lines } = timed();
  const ask = (requests: number): void => {
    for (let i = 0; i < requests; i++) log.request(endpoint, source, new Uint8Array(0));
  };
  // A second begins with a request, whenever that is.
  await time.advance(12_345);
  ask(12_345);
  await time.advance(999);
  ask(1);
  await time.advance(0);
  assertEquals(lines(), { [REQUEST]: 20 });
  await time.advance(1);
  assertEquals(lines(), { "… and 12,326 more time requests in that second": 1 });
  for (const requests of [21, 20, 25]) {
    ask(requests);
    await time.advance(1000);
    const more = requests - 20;
    assertEquals(lines(), {
      [REQUEST]: 20,
      ...(more > 0 && {
        [`… and ${more} more time request${more > 1 ? "s" : ""} in that second`]: 1,
      }),
    });
  }
  await time.advance(60_000);
  assertEquals(lines(), {});
  await assertRejects(() => time.run(new Promise(() => {})), Error, "Nothing waits");
});

Deno.test("ServerLog ends a second early when it is flushed, or the server has stopped", async () => {
  for (const end of ["flush", "stopped"] as const) {
    const { log, time, lines } = timed();
    for (let i = 0; i < 23; i++) log.request(endpoint, source, new Uint8Array(0));
    if (end === "flush") await log.flush();
    else log.stopped(new Counters().totals(), 1);
    await time.advance(0);
    const stopped = "Stopped after 1.0 s: 0 received, 0 answered, 0 refused, 0 errors";
    assertEquals(lines(), {
      [REQUEST]: 20,
      "… and 3 more time requests in that second": 1,
      ...(end === "stopped" && { [stopped]: 1 }),
    });
    for (let i = 0; i < 21; i++) log.request(endpoint, source, new Uint8Array(0));
    await time.advance(999);
    assertEquals(lines(), { [REQUEST]: 20 });
    await time.advance(1);
    assertEquals(lines(), { "… and 1 more time request in that second": 1 });
  }
});

Deno.test("ServerLog sums up what other threads suppressed, failures only where they are logged", async () => {
  type Row = [level: LogLevel, requests: number, failures: number, refusals: number, line?: string];
  const table: Row[] = [
    ["quiet", 5, 5, 5],
    ["normal", 0, 5, 5],
    ["normal", 5, 5, 5, "… and 5 more time requests in that second"],
    ["normal", 0, 0, 0],
    ["verbose", 1, 0, 0, "… and 1 more time request in that second"],
    ["verbose", 0, 2, 0, "… and 2 more failures in that second"],
    ["verbose", 0, 0, 1, "… and 1 more refused request in that second"],
    [
      ...["verbose", 1, 1, 2] as const,
      "… and 1 more time request and 2 more refused requests and 1 more failure in that second",
    ],
  ];
  for (const [level, requests, failures, refusals, line] of table) {
    const { log, time, lines } = timed({ level });
    log.addSuppressed({ requests, failures, refusals });
    await time.advance(1000);
    assertEquals(lines(), line === undefined ? {} : { [line]: 1 }, `${level} ${requests}`);
    await time.advance(1000);
    assertEquals(lines(), {});
  }
});

Deno.test("ServerLog counts requests and failures to the same limit, and logs each in detail", async () => {
  const { log, time, lines } = timed({ level: "verbose" });
  for (let i = 0; i < 15; i++) {
    log.failed(endpoint, "send", "no route");
    log.request(endpoint, source, new Uint8Array(1));
  }
  await time.advance(1000);
  const url = "asctime://127.0.0.1:8888";
  assertEquals(lines(), {
    [`Cannot send on ${url}: no route`]: 10,
    [`${REQUEST}: 1 octet to ${url}`]: 10,
    "… and 5 more time requests and 5 more failures in that second": 1,
  });
});

Deno.test("ServerLog writes 20 changes per second, shortened, beside the requests, and sums up the rest", async () => {
  const write = (log: ServerLog): void => {
    for (let i = 0; i < 25; i++) log.request(endpoint, source, new Uint8Array(0));
    for (let i = 0; i < 22; i++) log.changed(`PATCH /clock ${i} ${"x".repeat(60_000)}`);
  };
  const lines = await logged({ format: "json" }, write);
  const changes = lines.map(fields).filter(({ event }) => event === "changed");
  assertEquals(changes.length, 20);
  for (const [i, { change }] of changes.entries()) {
    assertEquals(change, `PATCH /clock ${i} `.padEnd(299, "x") + "…");
  }
  const { event, requests, refusals, failures, changes: more } = fields(lines.at(-1));
  assertEquals({ event, requests, refusals, failures, more }, {
    event: "more",
    requests: 5,
    refusals: 0,
    failures: 0,
    more: 2,
  });
  const text = (await logged({}, write)).at(-1) ?? "";
  assert(text.endsWith("and 2 more changes and 5 more time requests in that second"), text);
  assertEquals(await logged({ level: "quiet" }, write), []);
});

Deno.test("ServerLog loses lines while its sink is full, and all of them once it is gone", async () => {
  const { WouldBlock, BrokenPipe } = Deno.errors;
  for (const [error, expected] of [[WouldBlock, ["1", "3"]], [BrokenPipe, ["1"]]] as const) {
    const written: string[] = [];
    const sink: Sink = {
      write(data): Promise<number> {
        const text = new TextDecoder().decode(data);
        if (text.includes("Warning: 2")) return Promise.reject(new error("no room"));
        written.push(...text.match(/(?<=Warning: )\d/g) ?? []);
        return Promise.resolve(data.length);
      },
    };
    const log = new ServerLog({ sink });
    for (const message of ["1", "2", "3"]) {
      log.warning(message);
      await log.flush();
    }
    assertEquals(written, expected, error.name);
  }
});
