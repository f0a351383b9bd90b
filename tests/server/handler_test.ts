import { assert, assertEquals } from "@std/assert";
import type { Clock, UnixTime } from "../../src/clock/clock.ts";
import { UNKNOWN_STATUS } from "../../src/clock/status.ts";
import type { DatagramHandler, Exchange } from "../../src/transports/exchange.ts";
import { ServedClock } from "../../src/clock/served_clock.ts";
import { ServedPage, SYSTEM_TIME } from "../../src/clock/page.ts";
import { decodeNtpPacket, field, NTP_HEADER_LENGTH } from "../../src/protocols/ntp/packet.ts";
import { refusal, REPLY_CAPACITY, type Responder } from "../../src/protocols/responder.ts";
import { Guard, planGuard } from "../../src/server/guard/guard.ts";
import type { GuardOptions } from "../../src/server/guard/options.ts";
import { createHandler } from "../../src/server/handler.ts";
import { ServedTime } from "../../src/clock/served_time.ts";
import { builtIn } from "../support/services.ts";
import { sourceOf } from "./faults/engine.ts";

const endpoint = { protocol: "ntp", hostname: "127.0.0.1", port: 123 } as const;

/** A clock that stands still, and does something else when it is read. */
function interruptible(): Clock & { interrupt: () => void } {
  return {
    interrupt: () => {},
    read(time): void {
      Object.assign(time, { seconds: 1_700_000_000, nanoseconds: 0 });
      this.interrupt();
    },
  };
}

for (const isStamped of [false, true]) {
  Deno.test(`a reply is consistent, whenever the clock is changed (stamped: ${isStamped})`, () => {
    const base = interruptible();
    const options = { base, clock: {}, status: {}, precision: -20 };
    using time = new ServedTime(options);
    // Like another thread, it learns of a change from the page alone.
    const clock = new ServedClock(base, new ServedPage(time.page));
    const responder = builtIn("ntp");
    const guard = new Guard(planGuard({}), endpoint, () => 0);
    const handler = createHandler(endpoint, { guard, responder, base, clock, isStamped });
    const states = [
      { clock: { offset: "+10s" }, status: { stratum: 5, rootDispersion: "500ms" } },
      { clock: { offset: "+4000s" }, status: { stratum: 1, rootDispersion: "2s" } },
    ];
    // At which reading of the system's clock the change comes.
    for (let at = 0; at < 3; at++) {
      for (const [i, first] of states.entries()) {
        time.begin(first.clock, first.status);
        const second = states[1 - i] ?? first;
        let readings = 0;
        base.interrupt = () => {
          if (readings++ !== at) return;
          base.interrupt = () => {};
          time.begin(second.clock, second.status);
        };
        const request = new Uint8Array(NTP_HEADER_LENGTH);
        request[field.flags] = 0x23;
        const reply = new Uint8Array(REPLY_CAPACITY);
        const arrival = { seconds: 1_700_000_000, nanoseconds: 0 };
        const exchange: Exchange = {
          request,
          reply,
          arrival,
          source: sourceOf("127.0.0.1"),
          status: UNKNOWN_STATUS,
          isUnfinished: false,
          isText: false,
          isKod: false,
        };
        handler.begin();
        const length = handler.handle(exchange);
        handler.finish([exchange], 0, 1);
        base.interrupt = () => {};
        const packet = decodeNtpPacket(reply.subarray(0, length as number));
        const served = [packet.receiveTimestamp, packet.transmitTimestamp]
          .map((stamp) => Number(stamp >> 32n) - 2_208_988_800 - 1_700_000_000);
        const isFirst = packet.stratum === first.status.stratum;
        const expected = (isFirst ? first : second).clock.offset === "+10s" ? 10 : 4000;
        assertEquals(served, [expected, expected], `change at reading ${at}`);
      }
    }
  });
}

/** A handler for the auto protocol, whose clock is set by hand and counts its readings. */
async function handleAuto(): Promise<{
  handler: DatagramHandler;
  base: Clock & { now: UnixTime; readings: number };
  /** Handles requests that arrive now, and returns their exchanges. */
  receive(...requests: Uint8Array[]): Exchange[];
}> {
  const base = {
    now: { seconds: 1_700_000_000, nanoseconds: 999_999_000 },
    readings: 0,
    read(time: UnixTime): void {
      this.readings++;
      Object.assign(time, this.now);
    },
  };
  const page = new ServedPage();
  const line = { ...SYSTEM_TIME.line, servedSeconds: 3600 };
  page.publish({ ...SYSTEM_TIME, line, status: { ...UNKNOWN_STATUS, leap: 0, precision: -31 } });
  const clock = new ServedClock(base, page);
  const auto = { ...endpoint, protocol: "auto" } as const;
  const handler = createHandler(auto, {
    guard: new Guard(planGuard({}), auto, () => 0),
    responder: await builtIn("auto"),
    base,
    clock,
    isStamped: true,
  });
  return {
    handler,
    base,
    receive(...requests): Exchange[] {
      handler.begin();
      return requests.map((request) => {
        const exchange = {
          request,
          reply: new Uint8Array(REPLY_CAPACITY),
          arrival: { ...base.now },
          source: sourceOf("127.0.0.1"),
          status: UNKNOWN_STATUS,
          isUnfinished: false,
          isText: false,
          isKod: false,
        };
        assert(handler.handle(exchange) as number > 0);
        return exchange;
      });
    },
  };
}

/** When an NTP reply was received and left, in nanoseconds ahead of a second of system time. */
function timesOf({ reply }: Exchange, seconds: number): [receive: number, transmit: number] {
  const { receiveTimestamp, transmitTimestamp } = decodeNtpPacket(reply.subarray(0, 48));
  const ahead = (timestamp: bigint): number =>
    Number(((timestamp - (BigInt(seconds + 2_208_988_800) << 32n)) * 1_000_000_000n) >> 32n);
  return [ahead(receiveTimestamp), ahead(transmitTimestamp)];
}

const ntpRequest = Uint8Array.from({ length: NTP_HEADER_LENGTH }, (_, i) => i === 0 ? 0x23 : 0);
const textRequest = new Uint8Array();

Deno.test("replies that leave together are finished by one reading of the clock, and no others", async () => {
  const { handler, base, receive } = await handleAuto();
  const batch = receive(ntpRequest, textRequest, ntpRequest, ntpRequest);
  const text = batch[1]?.reply.slice();
  const SECOND = 1_700_003_600;
  const departures: [from: number, to: number][] = [[1, 3], [3, 4], [0, 1]];
  departures.forEach(([from, to], i) => {
    base.now.nanoseconds += 400;
    handler.finish(batch, from, to);
    assertEquals(base.readings, i + 1);
  });
  assertEquals(batch[1]?.reply, text);
  const left = [0, 2, 3].map((i) => timesOf(batch[i] as Exchange, SECOND));
  // Whatever is below a clock's precision is random.
  const expected = [[999_999_000, 1_000_000_200], [999_999_000, 999_999_400], [
    999_999_000,
    999_999_800,
  ]];
  left.flat().forEach((ns, i) => assert(Math.abs(ns - (expected.flat()[i] ?? NaN)) <= 2, `${ns}`));
  assertEquals(batch.map(({ isUnfinished }) => isUnfinished), [false, false, false, false]);
});

Deno.test("replies without NTP are finished without reading the clock", async () => {
  const { handler, base, receive } = await handleAuto();
  const batch = receive(textRequest, ntpRequest, textRequest);
  handler.finish(batch, 0, 1);
  handler.finish(batch, 2, 3);
  assertEquals([base.readings, batch[1]?.isUnfinished], [0, true]);
});

Deno.test("no reply leaves before its request came, however the clock is stepped before it is finished", async () => {
  const { handler, base, receive } = await handleAuto();
  for (const step of [-1, -3600, -(2 ** 31)]) {
    const batch = receive(ntpRequest, ntpRequest);
    base.now.seconds += step;
    handler.finish(batch, 0, 2);
    for (const exchange of batch) {
      const [receive, transmit] = timesOf(exchange, base.now.seconds - step + 3600);
      assert(transmit >= receive && transmit - receive <= 2, `${receive} ${transmit}`);
    }
  }
});

Deno.test("a handler logs the requests that get a reply, and counts each KoD", async () => {
  const text = new Uint8Array();
  const table: [
    protocol: "ntp" | "asctime",
    respond: () => number | Promise<number>,
    outcome: number,
    logged: number,
  ][] = [
    ["asctime", () => 5, 5, 1],
    ["asctime", () => Promise.resolve(7), 7, 1],
    ["asctime", () => 0, 0, 0],
    ["asctime", () => refusal("mode"), refusal("mode"), 0],
  ];
  for (const [protocol, respond, outcome, logged] of table) {
    const { handler, requests } = handlerOf(protocol, {}, { respond });
    assertEquals(await handler.handle(exchangeFrom("127.0.0.1", text)), outcome);
    assertEquals(requests.length, logged);
  }
  // A KoD is a reply of NTP alone.
  const access = { deny: ["all"], denyAction: "kod" } as const;
  for (
    const [protocol, request, kisses] of [["asctime", text, 0], ["ntp", ntpRequest, 1]] as const
  ) {
    const { handler, requests, refusals } = handlerOf(protocol, { access }, builtIn(protocol));
    const exchange = exchangeFrom("127.0.0.1", request);
    handler.begin();
    const answer = handler.handle(exchange);
    assertEquals(answer, kisses === 1 ? NTP_HEADER_LENGTH : refusal("denied"));
    assertEquals([exchange.isKod, requests], [kisses === 1, []]);
    assertEquals(refusals, [["127.0.0.1", request, kisses === 1 ? "KoD DENY" : "denied"]]);
    if (kisses === 1) {
      assertEquals(
        new TextDecoder().decode(exchange.reply.subarray(12, 16)),
        "DENY",
      );
    }
  }
  const rateLimit = { perSecond: 1e-6, burst: 1, kod: 1 };
  for (const [protocol, request] of [["asctime", text], ["ntp", ntpRequest]] as const) {
    const { handler, refusals } = handlerOf(protocol, { rateLimit }, builtIn(protocol));
    let kisses = 0;
    const answers = Array.from({ length: 200 }, () => {
      handler.begin();
      const exchange = exchangeFrom("127.0.0.1", request);
      const answer = handler.handle(exchange);
      if (exchange.isKod) kisses++;
      return answer;
    });
    const isNtp = protocol === "ntp";
    assertEquals(kisses > 0, isNtp);
    const causes = new Set(refusals.map(([, , cause]) => cause));
    assertEquals(causes, new Set(["rate_limited", ...isNtp ? ["KoD RATE"] : []]));
    assertEquals(answers.includes(refusal("rate_limited")), true);
    assertEquals(answers.includes(0), false);
  }
});

Deno.test("a responder finishes the replies that leave, at the served time", () => {
  const finished: [first: number, end: number, departure: UnixTime][] = [];
  const { handler, base } = handlerOf("ntp", {}, {
    respond: (exchange) => {
      exchange.isUnfinished = true;
      return 1;
    },
    finish: (_, first, end, departure) => void finished.push([first, end, { ...departure }]),
  });
  const batch = [1, 2, 3].map(() => exchangeFrom("127.0.0.1", ntpRequest));
  batch.forEach((exchange) => handler.handle(exchange));
  base.now = { seconds: 5, nanoseconds: 999_999_800 };
  handler.finish(batch, 0, 2);
  base.now = { seconds: 6, nanoseconds: 100 };
  handler.finish(batch, 2, 3);
  assertEquals(finished, [
    [0, 2, { seconds: 5, nanoseconds: 999_999_800 }],
    [2, 3, { seconds: 6, nanoseconds: 100 }],
  ]);
});

function exchangeFrom(hostname: string, request: Uint8Array): Exchange {
  return {
    request,
    reply: new Uint8Array(REPLY_CAPACITY),
    arrival: { seconds: 0, nanoseconds: 0 },
    source: sourceOf(hostname),
    status: UNKNOWN_STATUS,
    isUnfinished: false,
    isText: false,
    isKod: false,
  };
}

/** A handler of the system's time, and what it counts and logs. */
function handlerOf(protocol: "ntp" | "asctime", options: GuardOptions, responder: Responder): {
  readonly handler: DatagramHandler;
  readonly base: Clock & { now: UnixTime };
  readonly requests: unknown[];
  readonly refusals: (readonly [hostname: string, request: Uint8Array, cause: string])[];
} {
  const base = {
    now: { seconds: 1_700_000_000, nanoseconds: 0 },
    read(time: UnixTime): void {
      Object.assign(time, this.now);
    },
  };
  const page = new ServedPage();
  page.publish({ ...SYSTEM_TIME, status: { ...UNKNOWN_STATUS, leap: 0 } });
  const requests: unknown[] = [];
  const refusals: (readonly [string, Uint8Array, string])[] = [];
  const own = { ...endpoint, protocol };
  const handler = createHandler(own, {
    guard: new Guard(planGuard(options), own, () => 0),
    responder,
    base,
    clock: new ServedClock(base, page),
    log: {
      logsRefusals: true,
      request: (...args) => requests.push(args),
      refused: (_, { hostname }, request, cause) => refusals.push([hostname, request, cause]),
      failed: () => {},
    },
  });
  return { handler, base, requests, refusals };
}
