import { assertEquals, assertThrows } from "@std/assert";
import { refusal } from "../../src/protocols/responder.ts";
import { Counters } from "../../src/transports/counters.ts";
import { type DatagramListener, listenDatagram } from "../../src/transports/datagram.ts";
import type { DatagramHandler, Exchange } from "../../src/transports/exchange.ts";
import { ListenError } from "../../src/transports/listen_error.ts";
import { connectDatagram } from "../../src/transports/connect_datagram.ts";
import { until, within } from "../support/wait.ts";

interface TestListener
  extends Pick<DatagramListener, "port" | "finished" | "shutdown">, AsyncDisposable {
  readonly counters: Counters;
  readonly failures: string[];
  /** What the listener itself refused. */
  readonly refused: number[];
}

function listen(handle: DatagramHandler["handle"], maxTasks = 16_384): TestListener {
  const counters = new Counters();
  const failures: string[] = [];
  const refused: number[] = [];
  const handler: DatagramHandler = {
    begin: () => {},
    handle,
    finish: () => {},
    refused: (_, refusal) => refused.push(refusal),
    failed: (operation, error) => failures.push(`${operation}: ${(error as Error).message}`),
  };
  const address = { hostname: "127.0.0.1", port: 0 };
  const listener = listenDatagram({ ...address, handler, counters, maxTasks });
  return {
    port: listener.port,
    finished: listener.finished,
    shutdown: (graceMs) => listener.shutdown(graceMs),
    counters,
    failures,
    refused,
    [Symbol.asyncDispose]: () => listener.shutdown(0),
  };
}

/** Answers with the request's own octets. */
function echo({ request, reply }: Exchange): number {
  reply.set(request);
  return request.length;
}

async function ask(port: number, text: string): Promise<string> {
  using connection = await connectDatagram({ hostname: "127.0.0.1", port });
  await connection.send(new TextEncoder().encode(text));
  return new TextDecoder().decode(await within(10, connection.receive()));
}

Deno.test("listenDatagram answers a thousand clients while one answer is slow", async () => {
  const gate = Promise.withResolvers<void>();
  await using listener = listen((exchange) => {
    const slow = exchange.request.length === 4;
    return slow ? gate.promise.then(() => echo(exchange)) : echo(exchange);
  });
  let slowAnswered = false;
  const slow = ask(listener.port, "slow").finally(() => slowAnswered = true);
  await until(() => listener.counters.totals().received === 1);
  for (let batch = 0; batch < 20; batch++) {
    const names = Array.from({ length: 50 }, (_, i) => `client ${batch * 50 + i}`);
    assertEquals(await Promise.all(names.map((name) => ask(listener.port, name))), names);
  }
  assertEquals(slowAnswered, false);
  gate.resolve();
  assertEquals(await slow, "slow");
  assertEquals(listener.counters.totals().answered, 1001);
});

Deno.test("listenDatagram keeps each slow answer's request apart from all others", async () => {
  const gate = Promise.withResolvers<void>();
  await using listener = listen((exchange) => gate.promise.then(() => echo(exchange)));
  const names = Array.from({ length: 100 }, (_, i) => `client ${i}`);
  const answers = Promise.all(names.map((name) => ask(listener.port, name)));
  await until(() => listener.counters.totals().received === names.length);
  gate.resolve();
  assertEquals(await answers, names);
});

Deno.test("listenDatagram refuses requests beyond its maximum of replies under way", async () => {
  const gate = Promise.withResolvers<void>();
  await using listener = listen((exchange) => gate.promise.then(() => echo(exchange)), 10);
  using client = await connectDatagram({ hostname: "127.0.0.1", port: listener.port });
  for (let i = 0; i < 25; i++) await client.send(new Uint8Array([i]));
  await until(() => listener.counters.totals().received === 25);
  assertEquals(listener.counters.totals().refused.overload, 15);
  gate.resolve();
  const answered = [];
  for (let i = 0; i < 10; i++) answered.push(...await within(10, client.receive()));
  assertEquals(answered.toSorted((a, b) => a - b), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  await until(() => listener.counters.totals().answered === 10);
  assertEquals(await ask(listener.port, "again"), "again");
});

Deno.test("listenDatagram counts the cause of a refusal, and sends nothing", async () => {
  await using listener = listen(() => refusal("looks_like_a_reply"));
  using client = await connectDatagram({ hostname: "127.0.0.1", port: listener.port });
  await client.send(new Uint8Array(3));
  await until(() => listener.counters.totals().refused["looks_like_a_reply"] === 1);
  assertEquals(listener.counters.totals().answered, 0);
});

Deno.test("listenDatagram survives a handler that throws or rejects", async () => {
  await using listener = listen((exchange) => {
    if (exchange.request[0] === 0x74) throw new Error("thrown");
    if (exchange.request[0] === 0x72) return Promise.reject(new Error("rejected"));
    return echo(exchange);
  });
  using client = await connectDatagram({ hostname: "127.0.0.1", port: listener.port });
  await client.send(new TextEncoder().encode("t"));
  await client.send(new TextEncoder().encode("r"));
  assertEquals(await ask(listener.port, "ok"), "ok");
  await until(() => listener.counters.totals().responderErrors === 2);
  assertEquals(listener.failures.toSorted(), ["respond: rejected", "respond: thrown"]);
});

Deno.test("listenDatagram gives a handler as much of a datagram as its buffer holds", async () => {
  const lengths: number[] = [];
  await using listener = listen((exchange) => {
    lengths.push(exchange.request.length);
    exchange.reply[0] = 1;
    return 1;
  });
  using client = await connectDatagram({ hostname: "127.0.0.1", port: listener.port });
  for (const length of [0, 1, 2047, 2048, 2049, 65_507]) {
    await client.send(new Uint8Array(length));
    assertEquals(await within(10, client.receive()), new Uint8Array([1]));
  }
  assertEquals(lengths, [0, 1, 2047, 2048, 2048, 2048]);
});

Deno.test("listenDatagram counts and survives errors of receive and send", async () => {
  const original = Deno.listenDatagram;
  let failing = 20;
  // A socket whose first receives fail, and whose sends fail for requests that say so.
  Deno.listenDatagram = ((options: Deno.UdpListenOptions & { transport: "udp" }) => {
    const socket = original(options);
    return new Proxy(socket, {
      get(target, key): unknown {
        if (key === "receive" && failing > 0) {
          return () => (failing--, Promise.reject(new Error("interrupted")));
        }
        if (key === "send") {
          return (data: Uint8Array, to: Deno.Addr) =>
            data[0] === 0 ? Promise.reject(new Error("no buffer space")) : target.send(data, to);
        }
        const value = Reflect.get(target, key);
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
  }) as typeof Deno.listenDatagram;
  let listener: TestListener;
  try {
    listener = listen(echo);
  } finally {
    Deno.listenDatagram = original;
  }
  await using _ = listener;
  assertEquals(await ask(listener.port, "after"), "after");
  assertEquals(listener.counters.totals().receiveErrors, 20);
  using client = await connectDatagram({ hostname: "127.0.0.1", port: listener.port });
  await client.send(new Uint8Array([0]));
  await until(() => listener.counters.totals().sendErrors === 1);
  assertEquals(await ask(listener.port, "still"), "still");
  assertEquals(listener.failures.at(-1), "send: no buffer space");
  assertEquals(listener.counters.totals().answered, 2);
});

Deno.test("shutdown finishes the replies under way and accepts no new request", async () => {
  const gate = Promise.withResolvers<void>();
  await using listener = listen((exchange) => gate.promise.then(() => echo(exchange)));
  const answer = ask(listener.port, "under way");
  await until(() => listener.counters.totals().received === 1);
  const shutdown = listener.shutdown(60_000);
  using client = await connectDatagram({ hostname: "127.0.0.1", port: listener.port });
  await client.send(new Uint8Array(1));
  await until(() => listener.counters.totals().refused.stopping === 1);
  gate.resolve();
  assertEquals(await answer, "under way");
  await shutdown;
  await listener.finished;
});

Deno.test("shutdown does not wait for ever for a reply that never comes", async () => {
  const listener = listen(() => new Promise<number>(() => {}));
  using client = await connectDatagram({ hostname: "127.0.0.1", port: listener.port });
  await client.send(new Uint8Array(1));
  await until(() => listener.counters.totals().received === 1);
  await Promise.all([listener.shutdown(10), listener.shutdown(10)]);
  await listener.finished;
  assertEquals(listener.counters.totals().refused.stopping, 1);
});

Deno.test("listenDatagram names an address that is in use, or not of this machine", async () => {
  await using listener = listen(echo);
  const bind = (hostname: string, port: number): unknown =>
    listenDatagram({
      hostname,
      port,
      handler: {
        begin: () => {},
        handle: echo,
        finish: () => {},
        refused: () => {},
        failed: () => {},
      },
      counters: new Counters(),
      maxTasks: 1,
    });
  const taken = assertThrows(
    () => bind("127.0.0.1", listener.port),
    ListenError,
    `udp 127.0.0.1:${listener.port}: the port is already in use`,
  );
  assertEquals(taken.reason, "in_use");
  const foreign = assertThrows(() => bind("192.0.2.250", 0), ListenError);
  assertEquals(foreign.reason, "not_of_this_machine");
});
