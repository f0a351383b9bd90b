/**
 * The load generator: asks one server as fast as it answers, or at a fixed rate, and verifies every reply.
 *
 * It blocks its thread while it runs; what shares a process or a core with it is measured along.
 *
 * @module
 */

import { openCpuClock, openLibc, unsupportedSystem } from "../system/libc.ts";
import type { AddressLoad } from "./address_load.ts";
import { dialects } from "./dialects.ts";
import type { Histogram } from "./histogram.ts";
import { Run } from "./run.ts";

/** What came of it. Each request ends as a good, bad or lost one; late, duplicate and stray replies come on top. */
export interface LoadResult {
  /** How long was measured: while requests were sent, or until the last reply if their number was bounded. */
  readonly seconds: number;
  /** Requests sent. */
  readonly sent: number;
  /** Right replies. */
  readonly good: number;
  /** Wrong replies. */
  readonly bad: number;
  /** Replies to requests that were answered before. */
  readonly duplicate: number;
  /** Requests without a reply in time. */
  readonly lost: number;
  /** Replies to requests that were lost by then; none where replies cannot be told apart. */
  readonly late: number;
  /** Replies to nothing that was asked. */
  readonly stray: number;
  /** Right replies a second of the measured time. */
  readonly goodPerSecond: number;
  /** CPU time of the process for each right reply. */
  readonly cpuUsPerReply?: number | undefined;
  /** From before the system call that sent a request, or when it was due, to after the one that received its reply. */
  readonly latencyUs: Percentiles;
  /** How large the offsets of NTP replies were, signs disregarded; of the first request in each system call. */
  readonly offsetUs?: Pick<Percentiles, "p50" | "p99">;
  /** The share of looks at a socket that found nothing: near 0, the generator is what limits the rate. */
  readonly idleShare: number;
}

/** Percentiles in microseconds; undefined where nothing was measured. */
export interface Percentiles {
  /** Half are no more than this. */
  readonly p50: number | undefined;
  /** 90 % are. */
  readonly p90: number | undefined;
  /** 99 % are. */
  readonly p99: number | undefined;
  /** 99.9 % are. */
  readonly p999: number | undefined;
}

/**
 * Puts load on an address, first for the warm-up, then to measure. Needs the `ffi` permission.
 *
 * @param options Which load, which address
 * @returns What was measured
 * @throws {Deno.errors.NotSupported} If this is not Linux on x86-64 or arm64
 * @throws {QueryError} If nobody listens there, or the network does not carry the requests
 */
export async function loadAddress(options: AddressLoad): Promise<LoadResult> {
  const system = unsupportedSystem();
  if (system !== undefined) {
    throw new Deno.errors.NotSupported(
      `Putting load on a server needs Linux on x86-64 or arm64, and this is ${system}`,
    );
  }
  using libc = openLibc();
  const { pid, warmupSeconds, signal } = options;
  const readCpuNs = pid === undefined ? undefined : openCpuClock(libc, pid);
  const dialect = dialects[options.protocol]();
  if (warmupSeconds > 0) {
    const { onProgress: _, requests: __, ...rest } = options;
    await new Run(libc, dialect, rest).run(warmupSeconds);
    signal?.throwIfAborted();
  }
  const run = new Run(libc, dialect, options);
  const cpuBeforeNs = readCpuNs?.() ?? NaN;
  let cpuNs = NaN;
  await run.run(options.seconds, () => cpuNs = (readCpuNs?.() ?? NaN) - cpuBeforeNs);
  const { seconds, sent, good, bad, duplicate, lost, late, stray, offsets } = run;
  return {
    seconds,
    sent,
    good,
    bad,
    duplicate,
    lost,
    late,
    stray,
    goodPerSecond: run.goodInTime / seconds,
    cpuUsPerReply: readCpuNs === undefined || good === 0 ? undefined : cpuNs / 1000 / good,
    latencyUs: {
      p50: microseconds(run.latencies, 0.5),
      p90: microseconds(run.latencies, 0.9),
      p99: microseconds(run.latencies, 0.99),
      p999: microseconds(run.latencies, 0.999),
    },
    ...(offsets && {
      offsetUs: {
        p50: microseconds(offsets.magnitudes, 0.5),
        p99: microseconds(offsets.magnitudes, 0.99),
      },
    }),
    idleShare: run.idleLooks / run.looks,
  };
}

function microseconds(histogram: Histogram, share: number): number | undefined {
  const ns = histogram.percentileNs(share);
  return ns === undefined ? undefined : ns / 1000;
}
