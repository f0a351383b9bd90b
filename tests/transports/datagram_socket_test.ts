import { assertEquals } from "@std/assert";
import { refusal } from "../../src/protocols/responder.ts";
import { Counters } from "../../src/transports/counters.ts";
import { DatagramListener } from "../../src/transports/datagram.ts";
import type { DatagramHandler, Exchange } from "../../src/transports/exchange.ts";
import { FakeTime } from "../support/fake_time.ts";

const LOOPS = 8;

/** A socket that receives what a test says; a listener asks it {@linkcode LOOPS} times at once. */
class FakeSocket implements Pick<Deno.DatagramConn, "addr" | "receive" | "send" | "close"> {
  readonly addr = { transport: "udp", hostname: "127.0.0.1", port: 123 } as const;
  /** What each receive brings: a sender with an empty datagram, an error, or nothing until it is closed. */
  readonly script: (Deno.NetAddr | Error | "nothing")[] = [];
  /** What each receive brings after that. */
  rest: Error | "nothing" = "nothing";
  receives = 0;
  readonly sent: Deno.NetAddr[] = [];
  readonly #waiting: ((error: Error) => void)[] = [];

  receive(buffer = new Uint8Array()): Promise<[Uint8Array<ArrayBuffer>, Deno.Addr]> {
    this.receives++;
    // Without pauses they would never end.
    const next = this.receives > 1000 ? "nothing" : this.script.shift() ?? this.rest;
    if (next instanceof Error) return Promise.reject(next);
    if (next === "nothing") return new Promise((_, reject) => this.#waiting.push(reject));
    return Promise.resolve([buffer.subarray(0, 0) as Uint8Array<ArrayBuffer>, next]);
  }

  send(data: Uint8Array, to: Deno.Addr): Promise<number> {
    const { transport, hostname, port } = to as Deno.NetAddr;
    this.sent.push({ transport, hostname, port });
    return Promise.resolve(data.length);
  }

  close(): void {
    for (const reject of this.#waiting) reject(new Deno.errors.BadResource("closed"));
  }
}

interface Faked {
  readonly listener: DatagramListener;
  readonly time: FakeTime;
  readonly counters: Counters;
  /** The senders that the handler saw. */
  readonly sources: string[];
  readonly failures: string[];
}

/** A listener on a fake socket, by fake time. */
function listenTo(
  socket: FakeSocket,
  {
    hostname = "127.0.0.1",
    handle = (_exchange: Exchange) => 1 as number | Promise<number>,
    maxTasks = 16,
  } = {},
): Faked {
  const [time, counters] = [new FakeTime(), new Counters()];
  const [sources, failures]: [string[], string[]] = [[], []];
  const handler: DatagramHandler = {
    begin: () => {},
    handle(exchange): number | Promise<number> {
      sources.push(exchange.source.hostname);
      return handle(exchange);
    },
    finish: () => {},
    refused: () => {},
    failed: (operation, error) => failures.push(`${operation}: ${(error as Error).message}`),
  };
  const options = { hostname, port: 0, handler, counters, maxTasks, timers: time };
  return {
    listener: new DatagramListener(socket as unknown as Deno.DatagramConn, options),
    time,
    counters,
    sources,
    failures,
  };
}

Deno.test("a socket that fails each receive is tried after pauses that double up to a quarter of a second", async () => {
  const socket = new FakeSocket();
  socket.rest = new Error("interrupted");
  const { listener, time, counters } = listenTo(socket);
  await time.advance(0);
  const seen = [socket.receives];
  for (const pauseMs of [1, 3, 7, 15, 31, 63, 127, 250, 250, 250]) {
    await time.advance(pauseMs - 0.5);
    seen.push(socket.receives);
    await time.advance(0.5);
  }
  assertEquals(seen, Array.from({ length: 11 }, (_, i) => LOOPS * Math.max(i, 1)));
  assertEquals(counters.totals().receiveErrors, socket.receives);
  // Its loops are over when it has shut down, and have not gone on.
  let isOver = false;
  await time.advance(100);
  const ended = listener.shutdown(0).then(() => isOver = true);
  await time.advance(149);
  assertEquals(isOver, false);
  await time.advance(1);
  assertEquals(isOver, true);
  await ended;
  assertEquals(counters.totals().receiveErrors, LOOPS * 11);
});

Deno.test("a receive that succeeds ends the pauses", async () => {
  const socket = new FakeSocket();
  const sender = { transport: "udp", hostname: "192.0.2.9", port: 5000 } as const;
  const error = new Error("interrupted");
  const others = Array<"nothing">(LOOPS - 1).fill("nothing");
  socket.script.push(error, ...others, error, error, sender, error);
  const { listener, time, counters, failures } = listenTo(socket);
  await time.advance(1 + 3 + 7);
  const { receives } = socket;
  await time.advance(0.5);
  assertEquals(socket.receives, receives);
  await time.advance(0.5);
  assertEquals([socket.receives, socket.sent], [receives + 1, [sender]]);
  assertEquals(failures, Array(4).fill("receive: interrupted"));
  const { received, answered, receiveErrors } = counters.totals();
  assertEquals([received, answered, receiveErrors], [1, 1, 4]);
  await listener.shutdown(0);
});

Deno.test("senders have the zone of a link-local listener if they are link-local", async () => {
  const senders = ["fe80::9", "2001:db8::9", "::1", "febf:1::2"].map((hostname) =>
    ({ transport: "udp", hostname, port: 5000 }) as const
  );
  const zoned = ["fe80::9%eth0", "2001:db8::9", "::1", "febf:1::2%eth0"];
  for (const [hostname, seen] of [["fe80::1%eth0", zoned], ["fe80::1", undefined]] as const) {
    const socket = new FakeSocket();
    socket.script.push(...senders);
    const { listener, time, sources } = listenTo(socket, { hostname });
    await time.advance(0);
    assertEquals(sources, seen ?? senders.map(({ hostname }) => hostname));
    assertEquals(socket.sent.map(({ hostname }) => hostname), sources);
    await listener.shutdown(0);
  }
});

Deno.test("shutdown waits for the replies under way, and no longer than its grace", async () => {
  const socket = new FakeSocket();
  const sender = { transport: "udp", hostname: "192.0.2.9", port: 5000 } as const;
  // Two of them are the most that may be under way.
  socket.script.push(sender, sender, sender);
  const replies = [Promise.withResolvers<number>(), Promise.withResolvers<number>()];
  const left = replies.map(({ promise }) => promise);
  const { listener, time, counters } = listenTo(socket, {
    handle: () => left.shift() ?? 0,
    maxTasks: 2,
  });
  await time.advance(0);
  let isOver = false;
  const shutdowns = [listener.shutdown(500), listener.shutdown(500)];
  void Promise.all(shutdowns).then(() => isOver = true);
  replies[0]?.resolve(1);
  await time.advance(499);
  assertEquals([isOver, socket.sent.length], [false, 1]);
  await time.advance(1);
  assertEquals(isOver, true);
  // What comes too late is neither sent nor counted again.
  replies[1]?.resolve(1);
  await time.advance(0);
  const { answered, refused: { overload, stopping }, sendErrors } = counters.totals();
  assertEquals([answered, overload, stopping, sendErrors], [1, 1, 1, 0]);
  // Thousands of sends that fail, each with an error of its own, would take seconds.
  assertEquals(socket.sent.length, 1);
});

Deno.test({
  name: "no reply goes where the permission is missing, which is counted and reported",
  permissions: { net: ["127.0.0.1"] },
  async fn(): Promise<void> {
    const socket = new FakeSocket();
    for (const hostname of ["192.0.2.9", "127.0.0.1"]) {
      socket.script.push({ transport: "udp", hostname, port: 5000 });
    }
    const { listener, time, counters, failures } = listenTo(socket);
    await time.advance(0);
    assertEquals(socket.sent.map(({ hostname }) => hostname), ["127.0.0.1"]);
    assertEquals(failures, [
      'send: Requires net access to "192.0.2.9:5000", run again with the --allow-net flag',
    ]);
    assertEquals([counters.totals().answered, counters.totals().sendErrors], [1, 1]);
    await listener.shutdown(0);
  },
});

Deno.test("a refusal sends nothing, whichever it is, and is counted", async () => {
  const socket = new FakeSocket();
  const outcomes = [0, refusal("mode"), Promise.resolve(0), Promise.resolve(refusal("mode")), 1];
  for (const _ of outcomes) {
    socket.script.push({ transport: "udp", hostname: "192.0.2.9", port: 5000 });
  }
  const handle = (): number | Promise<number> => outcomes.shift() ?? 1;
  const { listener, time, counters } = listenTo(socket, { handle });
  await time.advance(0);
  const { received, answered, refused: { declined, mode } } = counters.totals();
  assertEquals([socket.sent.length, received, answered, declined, mode], [1, 5, 1, 2, 2]);
  await listener.shutdown(0);
});

Deno.test("a special delivery sends copies first, from another port if it must, and is over then", async () => {
  const { listenDatagram } = Deno;
  const [socket, other] = [new FakeSocket(), new FakeSocket()];
  const opened: unknown[] = [];
  let isClosed = false;
  other.close = () => void (isClosed = true);
  const deliveries: [copies: number, isFromOtherPort: boolean][] = [[2, false], [0, true], [
    1,
    true,
  ]];
  const left: number[][] = [];
  for (let i = 0; i < 4; i++) {
    socket.script.push({ transport: "udp", hostname: "192.0.2.9", port: 5000 + i });
  }
  const handle = (exchange: Exchange): number => {
    const [copies, isFromOtherPort] = deliveries.shift() ?? [];
    if (copies === undefined || isFromOtherPort === undefined) return 1;
    const port = exchange.source.port;
    exchange.delivery = {
      copies,
      isFromOtherPort,
      left: () => {
        const { sent } = isFromOtherPort ? other : socket;
        left.push([port, sent.filter((each) => each.port === port).length]);
      },
    };
    return 1;
  };
  const { listener, time, counters } = listenTo(socket, { hostname: "127.0.0.9", handle });
  try {
    Deno.listenDatagram = ((options: unknown) => {
      opened.push(options);
      return other;
    }) as unknown as typeof Deno.listenDatagram;
    await time.advance(0);
  } finally {
    Deno.listenDatagram = listenDatagram;
  }
  const portsOf = ({ sent }: FakeSocket): number[] => sent.map(({ port }) => port).toSorted();
  assertEquals(portsOf(socket), [5000, 5000, 5000, 5003]);
  assertEquals(portsOf(other), [5001, 5002, 5002]);
  // Each was there with all of its copies when it was said to have left.
  assertEquals(left.toSorted(([a = 0], [b = 0]) => a - b), [[5000, 3], [5001, 1], [5002, 2]]);
  assertEquals(opened, [{ transport: "udp", hostname: "127.0.0.9", port: 0 }]);
  const { answered, copies } = counters.totals();
  assertEquals([answered, copies], [4, 3]);
  await listener.shutdown(0);
  assertEquals(isClosed, true);
});
