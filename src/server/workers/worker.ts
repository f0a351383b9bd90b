/**
 * A worker thread of the mmsg transport: it is told its job in one message, and
 * then blocks in the kernel, answering, until a word of shared memory ends it.
 *
 * @module
 */
import type { UnixTime } from "../../clock/clock.ts";
import { ServedClock } from "../../clock/served_clock.ts";
import { ServedPage } from "../../clock/page.ts";
import { isWildcard } from "../../system/address.ts";
import { Counters } from "../../transports/counters.ts";
import { RealtimeClock } from "../../clock/realtime_clock.ts";
import { loadService } from "../../protocols/services.ts";
import { openLibc } from "../../system/libc.ts";
import { random32 } from "../../system/random.ts";
import { runLoop } from "../../transports/mmsg/loop.ts";
import { Guard } from "../guard/guard.ts";
import { createHandler, type RequestLog } from "../handler.ts";
import { FAILURE_LINE, LineLimiter, REQUEST_LINE } from "../log/line_limiter.ts";
import { type Job, type Report, word } from "./setup.ts";

const thread = globalThis as unknown as {
  onmessage: ((event: MessageEvent<Job>) => void) | null;
  postMessage(report: Report): void;
  close(): void;
};

thread.onmessage = async ({ data: job }) => {
  try {
    await answerUntilStopped(job);
    thread.postMessage({ event: "stopped" });
  } catch (error) {
    // Thrown on, Deno would write a stack trace into the log.
    const cause = error instanceof Error ? error.message : String(error);
    thread.postMessage({ event: "died", cause });
  }
  thread.close();
};

async function answerUntilStopped(job: Job): Promise<void> {
  using libc = openLibc();
  const control = new Int32Array(job.control);
  const base = new RealtimeClock(libc);
  const counters = new Counters(job.counters);
  const log = job.isLogged ? reportingLog(new LineLimiter(job.limiter)) : undefined;
  const nowMs = ({ seconds, nanoseconds }: Readonly<UnixTime>): number =>
    (seconds - job.guard.startSeconds) * 1000 + nanoseconds / 1e6;
  const listeners = await Promise.all(job.listeners.map(async ({ descriptor, endpoint, page }) => {
    const clock = new ServedClock(base, new ServedPage(page));
    const createResponder = await loadService(endpoint.protocol);
    const responder = createResponder({ ...job.services, random32 });
    // The kernel's stamps are the same clock in all threads; a step of it is put up with.
    const guard = new Guard(job.guard, endpoint, nowMs);
    const own = { guard, responder, base, clock, counters, log, isStamped: true };
    const handler = createHandler(endpoint, own);
    return { descriptor, isWildcard: isWildcard(endpoint.hostname), handler };
  }));
  thread.postMessage({ event: "ready" });
  const stop = control.subarray(word.stop, word.stop + 1);
  runLoop(libc, { listeners, counters, clock: base, stop, afterBatch: log?.tell });
}

/** A request log that is flushed by the loop. */
interface ReportingLog extends RequestLog {
  /** Tells of the requests that it heard of since, whose sources must not have been used again. */
  tell(): void;
}

/**
 * Tells the main thread of as many events as it allows a second, and counts the others. A message takes
 * longer than an answer, which is not to wait for it.
 */
function reportingLog(limiter: LineLimiter): ReportingLog {
  const heard: Parameters<RequestLog["request"]>[] = [];
  return {
    request(endpoint, source, octets): void {
      if (limiter.admit(REQUEST_LINE)) heard.push([endpoint, source, octets]);
    },
    tell(): void {
      for (const [endpoint, { hostname, port }, octets] of heard) {
        thread.postMessage({ event: "request", endpoint, source: { hostname, port }, octets });
      }
      heard.length = 0;
    },
    failed(endpoint, operation, error): void {
      if (!limiter.admit(FAILURE_LINE)) return;
      const message = error instanceof Error ? error.message : String(error);
      thread.postMessage({ event: "failed", endpoint, operation, message });
    },
  };
}
