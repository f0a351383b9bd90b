/** Load on a server that is named by its URL: whose it is, which of its addresses, how much. */
import { formatEndpoint, parseEndpoint } from "../protocols/endpoint.ts";
import { isLoopback, isUnicast, isWildcard } from "../system/address.ts";
import type { ExchangeOptions } from "../client/exchange.ts";
import { checkOption } from "../client/measure.ts";
import { QueryError } from "../protocols/failure.ts";
import { resolve } from "../client/network.ts";
import type { AddressLoad, LoadProgress } from "./address_load.ts";
import { loadAddress, type LoadResult } from "./load.ts";

/** Options for {@linkcode load}. */
export interface LoadOptions extends Pick<ExchangeOptions, "family"> {
  /**
   * Seconds to measure, above 0 and up to 600.
   *
   * @default {5}
   */
  readonly duration?: number;
  /** How many requests to send at most, those of the warm-up not counted; any number without it. */
  readonly requests?: number | undefined;
  /**
   * Requests on their way at once, over all flows, 1 to 16384. Ignored at a fixed rate.
   *
   * @default {64}
   */
  readonly window?: number;
  /** Requests a second, answered or not, up to 10,000,000; as many as the window allows without it. */
  readonly rate?: number | undefined;
  /**
   * Sockets to send from, 1 to 1024.
   *
   * @default {8}
   */
  readonly flows?: number;
  /**
   * Seconds without a reply after which a request is lost, 0.001 to 10.
   *
   * @default {0.1}
   */
  readonly timeout?: number;
  /** Seconds to run before measuring, 0 to 60: 0.3 without it, or 0 with `requests`. */
  readonly warmup?: number | undefined;
  /**
   * Whether the kernel cuts bursts into requests, for less CPU time; not of `daytime` and `time`, whose
   * requests are empty.
   *
   * @default {false}
   */
  readonly segmented?: boolean | undefined;
  /**
   * Says that a server beyond this machine's loopback network is one's own: load is put on no other.
   *
   * @default {false}
   */
  readonly ownServer?: boolean | undefined;
  /** The server's process on this machine, to take its CPU time. */
  readonly pid?: number | undefined;
  /** Ends it early when it aborts, within a quarter of a second, with what was measured by then. */
  readonly signal?: AbortSignal | undefined;
  /** Hears how it goes, four times a second. */
  readonly onProgress?: ((progress: LoadProgress) => void) | undefined;
}

/** What came of a load, and who was asked. */
export interface ServerLoad extends LoadResult {
  /** The URL that was asked, its port given. */
  readonly url: string;
  /** Which of its addresses. */
  readonly address: string;
  /** The UDP port. */
  readonly port: number;
}

/**
 * Puts load on a server of one's own, verifies every reply, and measures what the server can take. Of a
 * host's addresses the first is asked on which somebody listens.
 *
 * It blocks its thread but for a moment every quarter of a second: a server in the same thread would
 * hardly get to answer. It needs Linux on x86-64 or arm64 and the permission `ffi`.
 *
 * @param url Whom to ask, as `ntp://host:port`; without a scheme, and by `auto`, it is asctime text
 * @param options How much load
 * @returns How many requests were answered, how well and how fast
 * @throws {SyntaxError} If the URL cannot be read
 * @throws {RangeError} If an option is out of range, or the server is neither near nor said to be one's own
 * @throws {QueryError} If nobody listens there, or the network does not carry the requests
 * @throws {Deno.errors.NotSupported} If this is not Linux on x86-64 or arm64
 * @throws {Deno.errors.NotCapable} If a permission is missing
 * @throws The signal's reason if that aborts before anything is measured
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { load } from "@timesrv/timesrv/load";
 * import { serve } from "@timesrv/timesrv";
 *
 * await using server = await serve("ntp://127.0.0.1:0", { transport: "auto" });
 * // On mmsg it answers in a thread of its own, and load() runs wherever mmsg does.
 * if (server.transport === "mmsg") {
 *   const { good, latencyUs } = await load(server.addresses[0]!.url, { requests: 100, timeout: 5 });
 *   assertEquals(good, 100);
 *   console.log(`${latencyUs.p50} µs`);
 * }
 * ```
 */
export async function load(url: string, options: LoadOptions = {}): Promise<ServerLoad> {
  const endpoint = parseEndpoint(url);
  const { port } = endpoint;
  const protocol = endpoint.protocol === "asctime" || endpoint.protocol === "auto"
    ? "text"
    : endpoint.protocol;
  const { family, ownServer = false, duration = 5, warmup, timeout = 0.1, ...rest } = options;
  const { window = 64, flows = 8, requests, signal } = options;
  checkOptions(options);
  if (options.segmented && (protocol === "daytime" || protocol === "time")) {
    throw new RangeError(`segmented is not for ${protocol}, whose requests are empty`);
  }
  signal?.throwIfAborted();
  const [first = "", ...others] = await resolve(endpoint.hostname, family);
  for (const hostname of [first, ...others]) checkTarget(hostname, ownServer);
  const result = await loadFirst(first, others, {
    ...rest,
    window,
    flows,
    port,
    protocol,
    seconds: duration,
    timeoutSeconds: timeout,
    warmupSeconds: warmup ?? (requests === undefined ? 0.3 : 0),
  });
  return { url: formatEndpoint(endpoint), ...result };
}

/** What Linux allows (proc_pid_max(5)). */
const MAX_PID = 2 ** 22;

/** @throws {RangeError} If one of them is out of range */
function checkOptions(options: LoadOptions): void {
  checkOption("duration", options.duration, Number.MIN_VALUE, 600);
  checkOption("timeout", options.timeout, 0.001, 10);
  checkOption("warmup", options.warmup, 0, 60);
  const counts = { requests: 2 ** 31 - 1, window: 16_384, rate: 1e7, flows: 1024, pid: MAX_PID };
  for (const [name, most] of Object.entries(counts)) {
    const count = options[name as keyof typeof counts];
    checkOption(name, count === undefined || Number.isInteger(count) ? count : NaN, 1, most);
  }
}

/** @throws {RangeError} If it stands for several machines, or for one that may be somebody else's */
function checkTarget(address: string, isOwn: boolean): void {
  if (isLoopback(address) || isWildcard(address)) return;
  if (!isUnicast(address)) throw new RangeError(`${address} stands for more than one server`);
  if (!isOwn) {
    throw new RangeError(
      `${address} is not on this machine's loopback network; load is for servers of one's own, ` +
        "and ownServer says that it is one",
    );
  }
}

async function loadFirst(
  hostname: string,
  [next, ...others]: readonly string[],
  options: Omit<AddressLoad, "hostname">,
): Promise<Omit<ServerLoad, "url">> {
  try {
    return {
      address: hostname,
      port: options.port,
      ...await loadAddress({ ...options, hostname }),
    };
  } catch (error) {
    const isNobody = error instanceof QueryError && error.reason === "refused";
    if (!isNobody) throw error;
    if (next === undefined) {
      const protocol = options.protocol === "text" ? "asctime" : options.protocol;
      const url = formatEndpoint({ protocol, hostname, port: options.port });
      throw new QueryError("refused", error.message, { cause: error, url });
    }
    return await loadFirst(next, others, options);
  }
}
