/** What becomes of a responder that throws. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { serve, type ServeOptions } from "../../mod.ts";
import type { Answer, Responder } from "../../src/protocols/mod.ts";
import { collectingLog } from "../support/collecting_log.ts";
import { replacing } from "../support/replacing.ts";
import { UdpClient } from "../support/udp_client.ts";
import { until } from "../support/wait.ts";

/** Fails on requests of one octet at once, on those of two later, and answers all others. */
const careless: Responder = {
  respond({ request, reply }): Answer | Promise<Answer> {
    if (request.length === 1) throw new Error("out of luck\n\x1b[2J");
    if (request.length === 2) return Promise.reject(new TypeError("no such thing"));
    reply[0] = 7;
    return 1;
  },
};

/** Serves three requests that fail and one that does not; returns what was written to the console. */
async function serveCarelessly(options: ServeOptions): Promise<unknown[][]> {
  const written: unknown[][] = [];
  await replacing(
    [[console, { error: (...args: unknown[]) => void written.push(args) }]],
    async () => {
      await using server = await serve("asctime://127.0.0.1:0", {
        ...options,
        responder: careless,
      });
      using client = new UdpClient();
      for (const length of [1, 2, 1]) {
        await client.send(
          new Uint8Array(length),
          server.addresses[0],
        );
      }
      assertEquals(await client.ask(new Uint8Array(3), server.addresses[0]), Uint8Array.of(7));
      await until(() => server.totals.responderErrors === 3);
      assertEquals([server.totals.received, server.totals.answered], [4, 1]);
      const { clients } = await server.clients();
      assertEquals(
        clients.map(({ requests, answered }) => [requests, answered]),
        options.maxClients ? [[4, 1]] : [],
      );
    },
  );
  return written;
}

Deno.test("the first error of a responder is written to the console if there is no log", async () => {
  const [first, ...more] = await serveCarelessly({});
  assertEquals(more, []);
  const [text, error] = first ?? [];
  assertMatch(
    String(text),
    /^A responder failed on asctime:\/\/127\.0\.0\.1:\d+ and sent no reply; further failures are counted as errors:$/,
  );
  assert(error instanceof Error && error.message.startsWith("out of luck"));
});

Deno.test("the first error of a responder is a warning of the log, even of a quiet one", async () => {
  const log = collectingLog({ level: "quiet" });
  assertEquals(await serveCarelessly({ log, maxClients: 16 }), []);
  const [line, ...more] = log.lines();
  assertEquals(more, []);
  assertMatch(
    line ?? "",
    /Z Warning: A responder failed on asctime:\/\/127\.0\.0\.1:\d+ and sent no reply: out of luck\\x0a\\x1b\[2J; further/,
  );
});

Deno.test("onError is called with each error of a responder, and its own errors end nothing", async () => {
  const log = collectingLog({ level: "quiet" });
  const errors: unknown[] = [];
  assertEquals(await serveCarelessly({ log, onError: (error) => errors.push(error) }), []);
  const messages = errors.map((error) => (error as Error).message.slice(0, 13)).toSorted();
  assertEquals([messages, log.lines()], [[
    "no such thing",
    "out of luck\n\x1b",
    "out of luck\n\x1b",
  ], []]);
  const own = new Error("my own");
  const written = await serveCarelessly({
    onError: () => {
      throw own;
    },
  });
  assertEquals(written, Array(3).fill(["onError failed:", own]));
});
