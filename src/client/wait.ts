/** Waiting until this machine's clock is right. */
import { formatEndpoint } from "../protocols/endpoint.ts";
import { checkOption, type Measured, parseMeasurable } from "./measure.ts";
import { systemNetwork } from "./network.ts";
import { poll } from "./poll.ts";
import type { QueryOptions } from "./query.ts";
import { fromSeconds, toSeconds } from "../text/duration.ts";

/** Options for {@linkcode wait}. */
export interface WaitOptions extends Pick<QueryOptions, "family" | "network" | "signal"> {
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
  const { within = 0.05, timeout = 60, onChange, signal, network = systemNetwork } = options;
  if (urls.length === 0) throw new RangeError("Cannot wait: there is no server to query");
  checkOption("within", within, 0, 86_400);
  checkOption("timeout", timeout, 0, 86_400);
  const endpoints = urls.map(parseMeasurable);
  signal?.throwIfAborted();
  const startMs = network.timers.monotonicMs();
  const servers = endpoints.map((endpoint): AwaitedServer => ({
    url: formatEndpoint(endpoint),
    agreement: "unknown",
  }));
  const polls = poll(endpoints, {
    ...options,
    deadline: timeout,
    timeout: BURST_SECONDS,
    interval: (sent, isLocal) => isLocal || sent < BURST_REQUESTS ? undefined : POLL_SECONDS,
  });
  let agreed = false;
  for await (const { index, measured } of polls) {
    const before = servers[index];
    const { url = "" } = before ?? {};
    const server = { url, ...measured, agreement: classify(measured, within) };
    servers[index] = server;
    if (before?.agreement !== server.agreement || before.error?.reason !== server.error?.reason) {
      onChange?.(server);
    }
    const agreeing = servers.filter(({ agreement }) => agreement === "within");
    agreed = agreeing.length * 2 > servers.length;
    if (agreed) break;
  }
  if (!agreed) signal?.throwIfAborted();
  const elapsed = fromSeconds((network.timers.monotonicMs() - startMs) / 1000);
  return { agreed, elapsed, servers };
}

function classify({ reply, error }: Measured, withinSeconds: number): Agreement {
  if (!reply || error) return "unknown";
  const offset = Math.abs(toSeconds(reply.offset));
  const bound = toSeconds(reply.errorBound);
  if (offset + bound <= withinSeconds) return "within";
  return offset - bound > withinSeconds ? "beyond" : "uncertain";
}
