import { assert, assertEquals } from "@std/assert";
import { connectDatagram } from "../../../src/transports/connect_datagram.ts";
import { Counters } from "../../../src/transports/counters.ts";
import { openLibc } from "../../../src/system/libc.ts";
import { closeSockets, openSockets } from "../../../src/transports/mmsg/socket.ts";
import { where } from "../../support/needs.ts";
import { within } from "../../support/wait.ts";
import type { EchoJob } from "./echo_worker.ts";

const needs = { permissions: [{ name: "ffi" }, { name: "read" }] } as const;

/** A thread with the echoing handler, on a number of sockets. */
class Echo implements AsyncDisposable {
  readonly ports: readonly number[];
  readonly counters: Counters;
  readonly said: string[] = [];
  readonly #libc = openLibc();
  readonly #descriptors: readonly number[];
  readonly #stop = new SharedArrayBuffer(4);
  readonly #ended = Promise.withResolvers<void>();
  readonly #worker = new Worker(new URL("./echo_worker.ts", import.meta.url), { type: "module" });

  constructor(sockets: number, more: readonly number[] = []) {
    const opened = Array.from(
      { length: sockets },
      () =>
        openSockets(this.#libc, {
          hostname: "127.0.0.1",
          port: 0,
          count: 1,
          receiveQueueOctets: 65_536,
        }),
    );
    this.ports = opened.map(({ port }) => port);
    this.#descriptors = opened.flatMap(({ descriptors }) => descriptors);
    const counters = new SharedArrayBuffer(Counters.octets);
    this.counters = new Counters(counters);
    this.#worker.onmessage = ({ data }: MessageEvent<string>): void => {
      this.said.push(data);
      if (/^(ended|died)/.test(data)) this.#ended.resolve();
    };
    const descriptors = [...this.#descriptors, ...more];
    this.#worker.postMessage({ descriptors, counters, stop: this.#stop } satisfies EchoJob);
  }

  async ask(text: string, port = this.ports[0] ?? 0): Promise<string> {
    using connection = await connectDatagram({ hostname: "127.0.0.1", port });
    await connection.send(new TextEncoder().encode(text));
    return new TextDecoder().decode(await within(10, connection.receive()));
  }

  /** Stops it without a word to the kernel: the receive times out by itself. */
  async stop(): Promise<void> {
    Atomics.store(new Int32Array(this.#stop), 0, 1);
    await within(20, this.#ended.promise);
  }

  /** Resolves when the thread's loop is over. */
  get ended(): Promise<void> {
    return within(20, this.#ended.promise);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    this.#worker.terminate();
    closeSockets(this.#libc, this.#descriptors);
    this.#libc[Symbol.dispose]();
  }
}

for (const sockets of [1, 3]) {
  const test = (name: string, fn: () => Promise<void>): Promise<Deno.TestDefinition> =>
    where(needs, `runLoop with ${sockets} socket${sockets > 1 ? "s" : ""} ${name}`, fn);

  Deno.test(
    await test("answers many clients, each with its own", async () => {
      await using echo = new Echo(sockets);
      for (let batch = 0; batch < 10; batch++) {
        const names = Array.from({ length: 100 }, (_, i) => `client ${batch} ${i}`);
        const ask = (name: string, i: number): Promise<string> =>
          echo.ask(name, echo.ports[i % sockets]);
        assertEquals(await Promise.all(names.map(ask)), names);
      }
      assertEquals(echo.counters.totals().received, 1000);
    }),
  );

  Deno.test(
    await test("answers the rest of a batch beside what is refused, throws or cannot be sent", async () => {
      await using echo = new Echo(sockets);
      using client = await connectDatagram({ hostname: "127.0.0.1", port: echo.ports[0] ?? 0 });
      const requests = Array.from({ length: 60 }, (_, i) => `${"otr"[i % 3]} ${i}`);
      await Promise.all(requests.map((each) => client.send(new TextEncoder().encode(each))));
      const replies = [];
      for (let i = 0; i < 20; i++) {
        replies.push(new TextDecoder().decode(await within(5, client.receive())));
      }
      const expected = requests.filter((each) => each.startsWith("o"));
      assertEquals(replies.toSorted(), expected.toSorted());
      assertEquals(await echo.ask("still"), "still");
      const { responderErrors, refused } = echo.counters.totals();
      assertEquals([responderErrors, refused.mode], [20, 20]);
      assertEquals(new Set(echo.said), new Set(["respond: thrown for 127.0.0.1"]));
    }),
  );

  Deno.test(
    await test("gives the length and the arrival of a request", async () => {
      await using echo = new Echo(sockets);
      for (const length of [1, 2, 2047, 2048, 2049, 65_507]) {
        assertEquals(await echo.ask("l".repeat(length)), `length ${Math.min(length, 2048)}`);
      }
      const beforeMs = Date.now();
      const toldMs = Math.floor(Number(await echo.ask("w")) * 1000);
      assert(beforeMs <= toldMs && toldMs <= Date.now(), `${beforeMs} ${toldMs}`);
    }),
  );
}

Deno.test(
  await where(needs, "runLoop ends with the cause when a descriptor is no socket", async () => {
    await using echo = new Echo(0, [1_000_000]);
    await echo.ended;
    assertEquals(echo.said, [
      "receive: Bad file descriptor (os error 9)",
      "died: Cannot receive: Bad file descriptor (errno 9)",
    ]);
  }),
);
