/** The load generator: sends requests as fast as a server answers, or at a fixed rate, and verifies every reply. */
import { lookUp } from "../client/exchange.ts";
import { type Endpoint, formatEndpoint, parseTarget } from "../protocols/endpoint.ts";
import { QueryError } from "../protocols/failure.ts";
import { firstOf, isLoopback, isUnicast, isWildcard } from "../system/address.ts";
import { openLibc, unsupportedSystem } from "../system/libc.ts";
import { type Dialect, type DialectName, dialects } from "./dialects.ts";
import type { Figures, LoadResult } from "./figures.ts";
import { readOptions } from "../options/read.ts";
import type { InSeconds } from "../text/duration.ts";
import { loadFields, type LoadOptions } from "./options.ts";
import { Run } from "./run.ts";

/**
 * Load-tests a server you own: sends requests, verifies every reply, and measures the server's capacity.
 * Of a host's addresses it tests the first that can be reached and on which something listens.
 *
 * It blocks its thread but for a moment 20 times a second: a server in the same thread would
 * hardly get to reply. It needs Linux on x86-64 or arm64 and the permission `ffi`.
 *
 * @param url The server, as `ntp://host:port`; without a scheme it is NTP, unless its port names another; for
 * `auto` it is asctime text
 * @param options How much load
 * @returns How many requests were answered, how well and how fast
 * @throws {SyntaxError} If the URL cannot be read
 * @throws {RangeError} If an option is out of range, or the server is neither local nor confirmed to be yours
 * @throws {QueryError} If nothing listens there, or the network does not carry the requests
 * @throws {Deno.errors.NotSupported} If this is not Linux on x86-64 or arm64
 * @throws {Deno.errors.NotCapable} If a permission is missing
 * @throws The signal's reason if it aborts before anything is measured
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
 *   const { good, latencyUs } = await load(server.url, { requests: 100, timeout: "5s" });
 *   assertEquals(good, 100);
 *   console.log(`${latencyUs.p50} µs`);
 * }
 * ```
 */
export async function load(url: string, options: LoadOptions = {}): Promise<LoadResult> {
  const endpoint = parseTarget(url);
  const { port } = endpoint;
  const dialect = dialectOf(endpoint);
  const settings = readOptions(loadFields, options, "load");
  if (settings.segmented && (dialect === "daytime" || dialect === "time")) {
    throw new RangeError(`segmented is not for ${dialect}, whose requests are empty`);
  }
  const { bind, signal, family, ownServer = false } = settings;
  signal?.throwIfAborted();
  const addresses = await lookUp(endpoint.hostname, Infinity, { bind, signal, family });
  for (const address of addresses) checkTarget(address, ownServer);
  const system = unsupportedSystem();
  if (system !== undefined) {
    throw new Deno.errors.NotSupported(
      `Cannot generate load on ${system}: this needs Linux on x86-64 or arm64`,
    );
  }
  return await firstOf(addresses, async (address) => {
    try {
      const figures = await loadAddress(address, port, dialects[dialect](), settings);
      return { url: formatEndpoint(endpoint), address, port, ...figures };
    } catch (error) {
      if (!(error instanceof QueryError) || error.reason !== "refused") throw error;
      const protocol = dialect === "text" ? "asctime" : dialect;
      const url = formatEndpoint({ protocol, hostname: address, port });
      throw new QueryError("refused", error.message, { cause: error, url });
    }
  }, (error) => !(error instanceof QueryError));
}

function dialectOf({ protocol, key, nts }: Endpoint): DialectName {
  if (key !== undefined) throw new RangeError("A load test authenticates nothing: leave out ?key");
  if (nts) throw new RangeError("A load test authenticates nothing: use ntp:// for ntp+nts://");
  const name = protocol === "asctime" || protocol === "auto" ? "text" : protocol;
  if (Object.hasOwn(dialects, name)) return name as DialectName;
  throw new RangeError(`Cannot load-test ${protocol}: the load generator does not speak it`);
}

function checkTarget(address: string, isOwn: boolean): void {
  if (isLoopback(address) || isWildcard(address)) return;
  if (!isUnicast(address)) throw new RangeError(`${address} stands for more than one server`);
  if (!isOwn) {
    throw new RangeError(
      `${address} is not on this machine's loopback network; load-test only servers you own, ` +
        "and confirm it with ownServer",
    );
  }
}

/** Load-tests one address by requests of any dialect. */
export async function loadAddress(
  hostname: string,
  port: number,
  dialect: Dialect,
  options: InSeconds<LoadOptions>,
): Promise<Figures> {
  using libc = openLibc();
  const { duration = 5, window = 64, flows = 8, timeout = 0.1 } = options;
  const { bind, requests, rate, segmented, pid, signal, onProgress } = options;
  const base = { bind, hostname, port, window, flows, timeout, rate, segmented, pid, signal };
  const warmup = options.warmup ?? (requests === undefined ? 0.3 : 0);
  if (warmup > 0) {
    await new Run(libc, dialect, base).run(warmup);
    signal?.throwIfAborted();
  }
  const run = new Run(libc, dialect, { ...base, requests, onProgress });
  await run.run(duration);
  return run.tally.summarize();
}
