/** Waiting until this machine's clock is right. */
import { formatEndpoint } from "../protocols/endpoint.ts";
import { isLoopback } from "../system/address.ts";
import { Deadline } from "./deadline.ts";
import { asksForLess, checkOption, measure, type Measured, parseMeasurable } from "./measurable.ts";
import type { QueryOptions } from "./query.ts";
import { fromSeconds, toSeconds } from "../text/duration.ts";

/** Options for {@linkcode wait}. */
export interface WaitOptions extends Pick<QueryOptions, "family" | "signal"> {
  /**
   * How far the clock may be off, in seconds.
   *
   * @default {0.05}
   */
  readonly within?: number;
  /**
   * Seconds until it gives up, up to a day.
   *
   * @default {60}
   */
  readonly timeout?: number;
  /** Is told of a server whenever something else is found out about it than before. */
  readonly onChange?: (server: AwaitedServer) => void;
}

/**
 * What this machine's clock is by a server.
 *
 * - `within`: right for certain: the offset and its bound together are within what is allowed
 * - `uncertain`: perhaps right, but the bound is too wide to tell
 * - `beyond`: wrong for certain
 * - `unknown`: the server tells no time, or has not been heard of yet
 */
export type Agreement = "within" | "uncertain" | "beyond" | "unknown";

/** A server that is asked again and again. */
export interface AwaitedServer extends Measured {
  /** The URL that is asked, its port given. */
  readonly url: string;
  /** What the clock is by its last reply. */
  readonly agreement: Agreement;
}

/** How {@linkcode wait} ended. */
export interface WaitResult {
  /** Whether this machine's clock agrees with more than half of all servers. */
  readonly agreed: boolean;
  /** How long it took. */
  readonly elapsed: Temporal.Duration;
  /** The servers as they were in the end. */
  readonly servers: readonly AwaitedServer[];
}

/** A burst of RFC 5905 §10: so many requests, so far apart; then one in so many seconds. */
const BURST_REQUESTS = 8;
const BURST_SECONDS = 2;
const POLL_SECONDS = 16;

const LOOPBACK_SECONDS = 0.25;

/** The longest pause that kisses RATE lead to. */
const LONGEST_PAUSE_SECONDS = 1024;

/**
 * Waits until this machine's clock agrees with more than half of some servers: for scripts that run
 * before the clock has been set.
 *
 * A server agrees if its offset is within the limit whatever its bound leaves open, so that a
 * clock that is called right is right, if the servers are. A server that tells no time does not
 * agree, and is asked again: eight times 2 seconds apart, then every 16 seconds; half as often after
 * each kiss RATE, and not after another kiss.
 *
 * @param urls Whom to ask, as `ntp://host:port` or `time://host:port`; without a scheme it is NTP
 * @param options How near, and how long to wait
 * @returns Whether it agrees
 * @throws {SyntaxError} If a URL cannot be read, or names a protocol that has no offset
 * @throws {RangeError} If an option is out of range, or there is no URL
 * @throws {Deno.errors.NotCapable} If the permission to reach a server is missing
 * @throws The signal's reason if that aborts
 *
 * @example
 * ```ts
 * import { assert } from "@std/assert";
 * import { serve } from "@timesrv/timesrv";
 * import { wait } from "@timesrv/timesrv/measure";
 *
 * await using server = await serve("ntp://127.0.0.1:0");
 * const { agreed } = await wait([server.addresses[0]!.url], { within: 0.5, timeout: 10 });
 * assert(agreed, "one machine, one clock");
 * ```
 */
export async function wait(
  urls: readonly string[],
  options: WaitOptions = {},
): Promise<WaitResult> {
  const { within = 0.05, timeout = 60, onChange, signal, family } = options;
  if (urls.length === 0) throw new RangeError("Cannot wait: there is no server to ask");
  checkOption("within", within, 0, 86_400);
  checkOption("timeout", timeout, 0, 86_400);
  const endpoints = urls.map(parseMeasurable);
  signal?.throwIfAborted();
  using end = new Deadline(timeout, signal);
  const startMs = performance.now();
  const servers: AwaitedServer[] = endpoints.map((endpoint) => ({
    url: formatEndpoint(endpoint),
    agreement: "unknown",
  }));
  const hasAgreed = (): boolean =>
    servers.filter(({ agreement }) => agreement === "within").length * 2 > servers.length;
  await Promise.all(endpoints.map(async (endpoint, i) => {
    let slowdown = 1;
    for (let requests = 1; !end.signal.aborted; requests++) {
      const sentMs = performance.now();
      const measured = await measure(endpoint, {
        retries: 0,
        timeout: BURST_SECONDS,
        signal: end.signal,
        ...(family && { family }),
      }).catch((error) => {
        if (end.signal.aborted) return;
        end.end();
        throw error;
      });
      if (!measured) return;
      const before = servers[i];
      const server = {
        url: formatEndpoint(endpoint),
        ...measured,
        agreement: judge(measured, within),
      };
      servers[i] = server;
      if (before?.agreement !== server.agreement || before.error?.reason !== server.error?.reason) {
        onChange?.(server);
      }
      if (hasAgreed()) return end.end();
      if (asksForLess(measured)) slowdown *= 2;
      else if (measured.error?.reason === "kiss-o-death") return;
      const apart = isLoopback(measured.reply?.from.hostname ?? endpoint.hostname)
        ? LOOPBACK_SECONDS
        : requests < BURST_REQUESTS
        ? BURST_SECONDS
        : POLL_SECONDS;
      const pauseMs = Math.min(apart * slowdown, LONGEST_PAUSE_SECONDS) * 1000;
      await end.pause(sentMs + pauseMs - performance.now());
    }
  }));
  const agreed = hasAgreed();
  if (!agreed) signal?.throwIfAborted();
  const elapsed = fromSeconds((performance.now() - startMs) / 1000);
  return { agreed, elapsed, servers };
}

function judge({ reply, error }: Measured, withinSeconds: number): Agreement {
  if (!reply || error) return "unknown";
  const offset = Math.abs(toSeconds(reply.offset));
  const bound = toSeconds(reply.errorBound);
  if (offset + bound <= withinSeconds) return "within";
  return offset - bound > withinSeconds ? "beyond" : "uncertain";
}
