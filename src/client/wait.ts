import { formatEndpoint } from "../protocols/endpoint.ts";
import { type Measured, parseMeasurable, type QueryOptions } from "./query.ts";
import { systemNetwork } from "./network.ts";
import { poll } from "./poll.ts";
import { networkFields } from "./exchange.ts";
import { passed, seconds, type TimedFields } from "../options/field.ts";
import { readOptions } from "../options/read.ts";
import { fromSeconds, type TimeSpan, toSeconds } from "../text/duration.ts";

/** Options for {@linkcode wait}. */
export interface WaitOptions
  extends Pick<QueryOptions, "bind" | "family" | "keys" | "ntsCa" | "network" | "signal"> {
  /**
   * How far the clock may be off, up to a day.
   *
   * @default {"50ms"}
   */
  readonly within?: TimeSpan;
  /**
   * The time until it gives up, up to a day.
   *
   * @default {"60s"}
   */
  readonly timeout?: TimeSpan;
  /** Called with a server whenever its agreement or error has changed. */
  readonly onChange?: (server: AwaitedServer) => void;
}

const waitFields: TimedFields<WaitOptions> = {
  ...networkFields,
  within: seconds("0s", "1d"),
  timeout: seconds("0s", "1d"),
  onChange: passed(),
};

/**
 * Whether this machine's clock is right by a server.
 *
 * - `within`: certainly right: the offset and its bound together are within the limit
 * - `uncertain`: perhaps right, but the bound is too wide to decide
 * - `beyond`: certainly wrong
 * - `unknown`: the server has sent no time that can be trusted
 */
export type Agreement = "within" | "uncertain" | "beyond" | "unknown";

/** A server that is waited for. */
export interface AwaitedServer extends Measured {
  /** The URL of the server, port included. */
  readonly url: string;
  /** The agreement of its last reply. */
  readonly agreement: Agreement;
}

/** The result of {@linkcode wait}. */
export interface WaitResult {
  /** Whether this machine's clock agrees with more than half of all servers. */
  readonly agreed: boolean;
  /** The time it took. */
  readonly elapsed: Temporal.Duration;
  /** The servers in their last state; a URL that was given twice is listed once. */
  readonly servers: readonly AwaitedServer[];
}

/** A burst as in RFC 5905 §10: 8 requests, 2 s apart; then one every 16 s. */
const BURST_REQUESTS = 8;
const BURST_SECONDS = 2;
const POLL_SECONDS = 16;

/**
 * Waits until this machine's clock agrees with more than half of some servers: for scripts that run
 * before the clock has been set.
 *
 * A server agrees if its offset and error bound together are within the limit, so that a clock that is
 * reported right is right, if the servers are. A server that sends no time does not agree, and is queried
 * again: eight times 2 seconds apart, then every 16 seconds; half as often after each kiss-o'-death RATE,
 * and not after another kiss-o'-death. After three requests without a reply its name is looked up again.
 *
 * @param urls The servers, as `ntp://host:port` or `time://host:port`; without a scheme it is NTP
 * @param options The limit, and how long to wait
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
 * const { agreed } = await wait([server.url], { within: "500ms", timeout: "10s" });
 * assert(agreed, "one machine, one clock");
 * ```
 */
export async function wait(
  urls: readonly string[],
  options: WaitOptions = {},
): Promise<WaitResult> {
  const settings = readOptions(waitFields, options, "wait");
  const { within = 0.05, timeout = 60, onChange, signal, network = systemNetwork } = settings;
  if (urls.length === 0) throw new RangeError("Cannot wait: there is no server to query");
  // A server that is given twice has one vote.
  const distinct = new Map(urls.map(parseMeasurable).map((each) => [formatEndpoint(each), each]));
  const endpoints = [...distinct.values()];
  const startMs = network.timers.monotonicMs();
  const servers = [...distinct.keys()].map((url): AwaitedServer => ({ url, agreement: "unknown" }));
  const polls = poll(endpoints, {
    ...settings,
    deadline: timeout,
    timeout: BURST_SECONDS,
    renewsAddresses: true,
    interval: (sent, isLocal) => isLocal || sent < BURST_REQUESTS ? undefined : POLL_SECONDS,
  });
  let agreed = false;
  for await (const { index, measured } of polls) {
    const before = servers[index] as AwaitedServer;
    const server = { url: before.url, ...measured, agreement: classify(measured, within) };
    servers[index] = server;
    if (before.agreement !== server.agreement || before.error?.reason !== server.error?.reason) {
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
