/**
 * The load generator: asks one server on this machine as fast as it answers, or at a fixed rate, and verifies every reply.
 *
 * It runs as a process of its own, so that it shares neither a core nor a garbage collector with what it measures:
 * `deno run -A scripts/bench/load.ts --json 127.0.0.1:8888`.
 *
 * @module
 */

import { Option } from "@commander-js/extra-typings";
import { type Dialect, type DialectName, dialects } from "./dialects.ts";
import { Flow, FLOW_CAPACITY } from "./flow.ts";
import { Histogram } from "./histogram.ts";
import {
  type Batch,
  CLOCK_MONOTONIC,
  clockReader,
  cpuTimeReader,
  IOVEC,
  layOutBatch,
  LENGTH_WORD,
  type Libc,
  openLibc,
  sockaddrIn,
  WORDS_PER_HEADER,
} from "../../src/transports/mmsg/libc.ts";
import {
  count,
  createBenchCommand,
  exitCodeOf,
  parseTarget,
  seconds,
  type Target,
  writeLine,
} from "./options.ts";

/** Messages moved by one system call at most. */
const BATCH = 64;

/** Octets kept of a reply: more than any right one has, so that a longer one is noticed by its length. */
const REPLY_OCTETS = 128;

/** A request that has waited this long is lost. */
const TIMEOUT_NS = 100e6;

/**
 * How often a flow is drained. Texts cannot be told apart, so a lost one shows only as a request that is left over when
 * everything else is answered; without draining, each loss would narrow the window unnoticed and lengthen the latencies.
 */
const DRAIN_EVERY_NS = 100e6;

/** What load to put on which server. */
export interface LoadOptions {
  /** The server, on the loopback network. */
  readonly target: Target;
  /** What it is asked in. */
  readonly protocol: DialectName;
  /** How long to measure. */
  readonly seconds: number;
  /** How long to run before measuring. */
  readonly warmupSeconds: number;
  /** Requests on their way at once, over all flows. Ignored at a fixed rate. */
  readonly window: number;
  /** Sockets to send from. */
  readonly flows: number;
  /** Requests a second, whether answered or not; without it, as many as the window allows. */
  readonly rate?: number | undefined;
  /** The process whose CPU time is taken. */
  readonly pid?: number | undefined;
}

/** What came of it. */
export interface LoadResult {
  /** How long was measured. */
  readonly seconds: number;
  /** Requests sent. */
  readonly sent: number;
  /** Right replies. */
  readonly good: number;
  /** Wrong replies. */
  readonly bad: number;
  /** Requests without a reply within 100 ms. */
  readonly lost: number;
  /** Replies to nothing that was asked. */
  readonly stray: number;
  /** Right replies a second of the measured time. */
  readonly goodPerSecond: number;
  /** CPU time of the process for each right reply. */
  readonly cpuUsPerReply?: number | undefined;
  /** From before the system call that sent a request to after the one that received its reply. */
  readonly latencyUs: Percentiles;
  /** The share of looks at a socket that found nothing: near 0, the generator is what limits the rate. */
  readonly idleShare: number;
}

/** Latencies in microseconds. */
export interface Percentiles {
  readonly p50: number | undefined;
  readonly p90: number | undefined;
  readonly p99: number | undefined;
  readonly p999: number | undefined;
}

/**
 * Puts the load on the server, first for the warm-up, then to measure.
 *
 * @param options which load, which server
 * @returns what was measured
 * @throws {Error} when a system call fails or nobody listens there
 */
export function load(options: LoadOptions): LoadResult {
  const libc = openLibc();
  const cpuNs = options.pid === undefined ? undefined : cpuTimeReader(libc, options.pid);
  const dialect = dialects[options.protocol]();
  if (options.warmupSeconds > 0) new Run(libc, dialect, options).run(options.warmupSeconds);
  const run = new Run(libc, dialect, options);
  const cpuBeforeNs = cpuNs?.();
  const measuredSeconds = run.run(options.seconds);
  const cpuAfterNs = cpuNs?.();
  const cpuUsed = cpuBeforeNs === undefined || cpuAfterNs === undefined
    ? undefined
    : cpuAfterNs - cpuBeforeNs;
  return {
    seconds: measuredSeconds,
    sent: run.sent,
    good: run.good,
    bad: run.bad,
    lost: run.lost,
    stray: run.stray,
    goodPerSecond: run.goodInTime / measuredSeconds,
    cpuUsPerReply: cpuUsed === undefined || run.good === 0 ? undefined : cpuUsed / 1000 / run.good,
    latencyUs: percentiles(run.latencies),
    idleShare: run.idleLooks / run.looks,
  };
}

function percentiles(latencies: Histogram): Percentiles {
  const us = (share: number): number | undefined => {
    const ns = latencies.percentileNs(share);
    return ns === undefined ? undefined : ns / 1000;
  };
  return { p50: us(0.5), p90: us(0.9), p99: us(0.99), p999: us(0.999) };
}

class Run {
  sent = 0;
  good = 0;
  goodInTime = 0;
  bad = 0;
  lost = 0;
  stray = 0;
  looks = 0;
  idleLooks = 0;
  readonly latencies = new Histogram();
  readonly #dialect: Dialect;
  readonly #flows: readonly Flow[];
  readonly #shares: readonly number[];
  readonly #rate: number | undefined;
  readonly #requests: Batch;
  readonly #replies: Batch;
  readonly #requestView: DataView;
  readonly #replyView: DataView;
  readonly #nowNs: () => number;
  #due = 0;

  constructor(libc: Libc, dialect: Dialect, options: LoadOptions) {
    this.#dialect = dialect;
    this.#rate = options.rate;
    this.#nowNs = clockReader(libc, CLOCK_MONOTONIC);
    this.#requests = repeatedRequest(dialect.request);
    this.#replies = layOutBatch(BATCH, REPLY_OCTETS);
    this.#requestView = new DataView(this.#requests.payload.buffer);
    this.#replyView = new DataView(this.#replies.payload.buffer);
    const { address, port } = options.target;
    const flows = options.rate === undefined
      ? Math.min(options.flows, options.window)
      : options.flows;
    this.#flows = Array.from({ length: flows }, () => new Flow(libc, sockaddrIn(address, port)));
    this.#shares = this.#flows.map((_, i) => Math.floor((options.window + i) / flows));
  }

  /** Returns for how many seconds requests were sent. */
  run(seconds: number): number {
    const startNs = this.#nowNs();
    const endNs = startNs + seconds * 1e9;
    this.#flows.forEach((flow, i) => {
      // Spread, so that the others keep the server busy while one is drained.
      flow.nextDrainNs = startNs + DRAIN_EVERY_NS * (1 + i / this.#flows.length);
    });
    let nowNs = startNs;
    while (nowNs < endNs) {
      for (let i = 0; i < this.#flows.length; i++) {
        const flow = this.#flows[i];
        if (flow === undefined) continue;
        nowNs = this.#receive(flow);
        if (flow.draining || nowNs >= flow.nextDrainNs) this.#drain(flow, nowNs);
        if (flow.draining) continue;
        if (this.#rate === undefined) this.#fill(flow, this.#shares[i] ?? 0, nowNs);
        else this.#keepRate(flow, this.#rate, startNs, nowNs);
      }
      if (this.good === 0) this.#failIfRefused();
    }
    this.goodInTime = this.good;
    const lastNs = nowNs;
    while (this.#flows.some((flow) => flow.outstanding > 0)) {
      for (const flow of this.#flows) {
        const now = this.#receive(flow);
        flow.draining = true;
        this.#drain(flow, now);
      }
    }
    for (const flow of this.#flows) flow.close();
    return (lastNs - startNs) / 1e9;
  }

  #receive(flow: Flow): number {
    const { words, payload, stride } = this.#replies;
    const received = flow.receive(this.#replies, BATCH);
    const nowNs = this.#nowNs();
    this.looks++;
    if (received === 0) {
      this.idleLooks++;
      return nowNs;
    }
    this.#dialect.tick(Math.floor(Date.now() / 1000));
    for (let i = 0; i < received; i++) {
      const length = words[i * WORDS_PER_HEADER + LENGTH_WORD] ?? 0;
      const sentNs = this.#take(flow, i * stride);
      if (sentNs === 0) this.stray++;
      else if (this.#dialect.verify(payload, i * stride, length)) {
        this.good++;
        this.latencies.record(nowNs - sentNs);
      } else {
        this.bad++;
      }
    }
    return nowNs;
  }

  /** When the request was sent that the reply at `offset` answers; 0 if there is none, or no more. */
  #take(flow: Flow, offset: number): number {
    const { identity } = this.#dialect;
    if (identity === undefined) return flow.take();
    const nonce = this.#replyView.getUint32(offset + identity.inReply);
    return nonce === flow.nonce
      ? flow.take(this.#replyView.getUint32(offset + identity.inReply + 4))
      : 0;
  }

  #send(flow: Flow, count: number): number {
    const { identity } = this.#dialect;
    if (identity !== undefined) {
      const { stride } = this.#requests;
      for (let i = 0; i < count; i++) {
        this.#requestView.setUint32(i * stride + identity.inRequest, flow.nonce);
        this.#requestView.setUint32(i * stride + identity.inRequest + 4, flow.next + i);
      }
    }
    const sent = flow.send(this.#requests, count);
    this.sent += sent;
    return sent;
  }

  #drain(flow: Flow, nowNs: number): void {
    flow.draining = true;
    if (flow.outstanding > 0) {
      if (nowNs - flow.youngestNs < TIMEOUT_NS) return;
      this.lost += flow.giveUp();
    }
    flow.draining = false;
    flow.nextDrainNs = nowNs + DRAIN_EVERY_NS;
  }

  #fill(flow: Flow, share: number, nowNs: number): void {
    const room = Math.min(share - flow.outstanding, BATCH, flow.room);
    if (room <= 0) return;
    const sent = this.#send(flow, room);
    for (let i = 0; i < sent; i++) flow.push(nowNs);
  }

  #keepRate(flow: Flow, rate: number, startNs: number, nowNs: number): void {
    this.#due = Math.floor((nowNs - startNs) * rate / 1e9);
    const room = Math.min(this.#due - this.sent, BATCH, flow.room);
    if (room <= 0) return;
    const before = this.sent;
    const sent = this.#send(flow, room);
    // Counted from when it was due, not from when it left: a server that holds up the generator must not look faster.
    for (let i = 0; i < sent; i++) flow.push(startNs + (before + i) * 1e9 / rate);
  }

  #failIfRefused(): void {
    const refused = this.#flows.reduce((sum, flow) => sum + flow.refused, 0);
    if (refused > 2 * this.#flows.length) {
      throw new Error("Cannot put load on the server: nobody listens there");
    }
  }
}

function repeatedRequest(request: Uint8Array): Batch {
  // An empty request still needs an address to send it from.
  const batch = layOutBatch(BATCH, Math.max(request.length, 1));
  const vectors = new DataView(batch.vectors.buffer);
  for (let i = 0; i < BATCH; i++) {
    batch.payload.set(request, i * batch.stride);
    vectors.setBigUint64(i * IOVEC.size + IOVEC.length, BigInt(request.length), true);
  }
  return batch;
}

async function main(args: readonly string[]): Promise<number> {
  const command = createBenchCommand(
    "load",
    "Puts load on a UDP time server on this machine and verifies every reply.",
  )
    .argument("<target>", "the server, such as 127.0.0.1:8888", parseTarget)
    .addOption(
      new Option("--protocol <name>", "what to ask in").choices(["text", "ntp"] as const)
        .default("text" as const),
    )
    .option("--seconds <s>", "how long to measure", seconds, 1)
    .option("--warmup <s>", "how long to run before measuring", seconds, 0.3)
    .option(
      "--window <n>",
      "requests on their way at once, over all flows",
      count(FLOW_CAPACITY),
      64,
    )
    .option("--flows <n>", "sockets to send from", count(1024), 8)
    .option("--rate <n>", "requests a second, whether answered or not", count(10_000_000))
    .option("--pid <n>", "the process whose CPU time is taken", count(2 ** 31 - 1))
    .option("--json", "print one JSON object", false)
    .parse(args, { from: "user" });
  const [target] = command.processedArgs;
  const { warmup: warmupSeconds, json, ...rest } = command.opts();
  const result = load({ ...rest, target, warmupSeconds });
  await writeLine(
    Deno.stdout,
    json ? JSON.stringify(result) : Deno.inspect(result, { compact: false }),
  );
  return 0;
}

if (import.meta.main) Deno.exit(await exitCodeOf(() => main(Deno.args)));
