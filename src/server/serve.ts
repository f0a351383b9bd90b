import { parseListeners } from "./listener.ts";
import { checkAuth, checkServeOptions } from "./options.ts";
import { makeParts } from "./parts.ts";
import { RunningServer } from "./running_server.ts";
import type { ServeOptions, Server } from "./serve_options.ts";

/**
 * Starts a time server.
 *
 * @param urls One or more listeners, such as `ntp://host:port`; the default scheme is `auto`, port 0
 *   is any free port, `0.0.0.0` and `[::]` stand for every IPv4 or IPv6 address of this machine, a name
 *   for each of its addresses; those that this machine lacks are left out with a warning in the log
 * @returns The running server
 * @throws {SyntaxError} If an option is unknown; or if a URL, a network, the reference id, a fault or an
 *   option of the clock cannot be parsed
 * @throws {RangeError} If `options.workers`, `options.receiveQueueKib`, `options.seed` or a number of
 *   `options.rateLimit`, of `options.status` or of `options.faults` is out of range;
 *   or if two listeners have an address in common; or if `requireAuth` is set without keys or with a listener of
 *   another protocol than NTP, or an upstream has a key that is not there
 * @throws {TypeError} If the clock, or one of its options, has the wrong type, or a length of time is a number
 * @throws {Error} If the control interface cannot be opened
 * @throws {ListenError} If no address can be bound, or one that was named; nothing is left open then
 * @throws {Deno.errors.NotCapable} If a permission is missing
 * @throws {Deno.errors.NotSupported} If `mmsg` was requested and is not available; the message has the reason
 *
 * @example A server for one test
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { query, serve } from "@timesrv/timesrv";
 *
 * await using server = await serve("asctime://127.0.0.1:0");
 * const reply = await query(server.url);
 * assertEquals(reply.text.length, 24);
 * ```
 */
export async function serve<const Url extends string>(
  urls: Url | readonly Url[],
  options: ServeOptions = {},
): Promise<Server<Url>> {
  const listeners = parseListeners(typeof urls === "string" ? [urls] : urls);
  options.signal?.throwIfAborted();
  checkServeOptions(options);
  checkAuth(options, listeners);
  const server = new RunningServer(options, listeners, await makeParts(options, listeners));
  try {
    for (const listener of listeners) await server.listen(listener);
    await server.start();
  } catch (error) {
    await server.shutdown();
    throw error;
  }
  return server as Server as Server<Url>;
}
