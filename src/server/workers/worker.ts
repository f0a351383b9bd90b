/**
 * A worker thread, which receives its setup in one message. Of the mmsg transport, it then blocks in the kernel and
 * replies until a word of shared memory ends it; of NTS, it exchanges keys.
 *
 * @module
 */
import { isWildcard } from "../../system/address.ts";
import { openLibc } from "../../system/libc.ts";
import { random32 } from "../../system/random.ts";
import type { SymmetricKeys } from "../../crypto/symmetric_keys.ts";
import type { UnixTime } from "../../clock/clock.ts";
import { ServedPage } from "../../clock/page.ts";
import { RawClock, RealtimeClock, StampConverter } from "../../clock/kernel_clocks.ts";
import { ServedClock } from "../../clock/served_clock.ts";
import type { Endpoint } from "../../protocols/endpoint.ts";
import type { Sealer } from "../../protocols/ntp/sealer.ts";
import { createService } from "../../protocols/services.ts";
import { Counters } from "../../transports/counters.ts";
import { runLoop } from "../../transports/mmsg/loop.ts";
import { Guard, openSettings } from "../guard/guard.ts";
import { ClientTable } from "../clients/client_table.ts";
import { createHandler } from "../handler.ts";
import { FAILURE_LINE, LineLimiter, REFUSAL_LINE, REQUEST_LINE } from "../log/line_limiter.ts";
import type { LoggedSource, RequestLog } from "../log/request_log.ts";
import type { KeyExchangeMessage, KeyExchangeSetup } from "../nts/setup.ts";
import type { KeyExchangeThread } from "../nts/thread.ts";
import type { WorkerMessage, WorkerSetup } from "./setup.ts";

const thread = globalThis as unknown as {
  onmessage: ((event: MessageEvent<WorkerSetup | KeyExchangeSetup>) => void) | null;
  postMessage(message: WorkerMessage | KeyExchangeMessage): void;
  close(): void;
};

thread.onmessage = async ({ data: setup }) => {
  if ("credentials" in setup) {
    const { exchangeKeysForever } = await import("../nts/thread.ts");
    return exchangeKeysForever(setup, thread as unknown as KeyExchangeThread);
  }
  try {
    serveUntilStopped(setup, await openKeys(setup), await openNts(setup));
    thread.postMessage({ event: "stopped" });
  } catch (error) {
    // Deno would write an uncaught error into the log with a stack trace.
    thread.postMessage({ event: "died", cause: messageOf(error) });
  }
  thread.close();
};

/** Loads what computes MACs, if there are keys. */
async function openKeys({ keys }: WorkerSetup): Promise<SymmetricKeys | undefined> {
  if (keys === undefined) return undefined;
  const { SymmetricKeys } = await import("../../crypto/symmetric_keys.ts");
  return new SymmetricKeys(keys);
}

/** Loads what opens cookies, if NTS is served. */
async function openNts({ ntsKeys }: WorkerSetup): Promise<Sealer | undefined> {
  if (ntsKeys === undefined) return undefined;
  const { openNtsSealer } = await import("../../protocols/ntp/nts/sealer.ts");
  return openNtsSealer(ntsKeys);
}

function serveUntilStopped(
  setup: WorkerSetup,
  keys: SymmetricKeys | undefined,
  nts: Sealer | undefined,
): void {
  using libc = openLibc();
  const realtime = new RealtimeClock(libc);
  const base = setup.origin === undefined ? realtime : new RawClock(libc, setup.origin);
  const log = setup.logsRequests ? createReportingLog(setup) : undefined;
  const clients = setup.clients && new ClientTable(setup.clients);
  let hasFailed = false;
  const onError = (endpoint: Endpoint, error: unknown): void => {
    if (!hasFailed) thread.postMessage({ event: "error", endpoint, message: messageOf(error) });
    hasFailed = true;
  };
  const nowMs = ({ seconds, nanoseconds }: Readonly<UnixTime>): number =>
    (seconds - setup.guard.startSeconds) * 1000 + nanoseconds / 1e6;
  const settings = openSettings(setup.guard);
  const listeners = setup.listeners.map(({ descriptor, endpoint, page, counters }) => {
    const clock = new ServedClock(base, new ServedPage(page));
    const responder = createService(endpoint.protocol, { ...setup.services, keys, nts, random32 });
    // The kernel's timestamps are of one clock in all threads; the limiter tolerates its steps.
    const guard = new Guard(setup.guard, endpoint, nowMs, settings);
    const stamps = base === realtime ? undefined : new StampConverter(realtime, base);
    const own = { guard, responder, base, clock, log, clients, onError, isStamped: true, stamps };
    return {
      descriptor,
      isWildcard: isWildcard(endpoint.hostname),
      handler: createHandler(endpoint, own),
      counters: new Counters(counters),
    };
  });
  thread.postMessage({ event: "ready" });
  const stop = new Int32Array(setup.stop);
  runLoop(libc, { listeners, clock: realtime, stop, afterBatch: log?.flush });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** A request log that is flushed by the loop. */
interface ReportingLog extends RequestLog {
  /** Reports the requests logged since, while their exchanges still have their sources. */
  flush(): void;
}

/**
 * Reports as many events per second to the main thread as the limiter admits: a message costs more than a
 * reply, and is sent after it.
 */
function createReportingLog(
  { limiter: memory, logsRefusals }: Pick<WorkerSetup, "limiter" | "logsRefusals">,
): ReportingLog {
  const limiter = new LineLimiter(memory);
  const requests: (readonly [Endpoint, LoggedSource, Uint8Array, string?])[] = [];
  return {
    logsRefusals,
    request(endpoint, source, request): void {
      if (limiter.admit(REQUEST_LINE)) requests.push([endpoint, source, request]);
    },
    refused(endpoint, source, request, cause): void {
      if (limiter.admit(REFUSAL_LINE)) requests.push([endpoint, source, request, cause]);
    },
    flush(): void {
      for (const [endpoint, { hostname, port }, octets, cause] of requests) {
        const [source, request] = [{ hostname, port }, octets.slice()];
        thread.postMessage({ event: "request", endpoint, source, request, cause });
      }
      requests.length = 0;
    },
    failed(endpoint, operation, error): void {
      if (!limiter.admit(FAILURE_LINE)) return;
      thread.postMessage({ event: "failed", endpoint, operation, message: messageOf(error) });
    },
  };
}
