import type { Control } from "./http/control/control.ts";
import type { Recorder } from "./record/recorder.ts";
import { type ListenerSpec, parseListeners } from "./listener.ts";
import { checkAuth, checkServeOptions } from "./options.ts";
import { quote } from "../text/json.ts";
import { RunningServer } from "./running_server.ts";
import type { ServeOptions, Server } from "./serve_options.ts";
import type { Web } from "./http/web/web.ts";
import type { Upstreams } from "./upstreams/upstreams.ts";

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
  const web = await makeWeb(options);
  const isShared = options.control !== undefined && options.control === options.http;
  const parts = {
    control: await makeControl(options, isShared ? web : undefined),
    web: isShared ? undefined : web,
    recorder: await makeRecorder(options),
    following: await follow(options, listeners),
  };
  const server = new RunningServer(options, listeners, parts);
  try {
    for (const listener of listeners) await server.listen(listener);
    await server.start();
  } catch (error) {
    await server.shutdown();
    throw error;
  }
  return server as Server as Server<Url>;
}

/** Makes the control interface, whose modules are loaded for it alone. */
async function makeControl(
  { control: address, controlToken: token, controlReadOnly: isReadOnly, log }: ServeOptions,
  web: Web | undefined,
): Promise<Control | undefined> {
  if (address === undefined) return undefined;
  const { Control } = await import("./http/control/control.ts");
  return new Control({ address, token, isReadOnly, log, web });
}

/** Makes the HTTP interface, whose modules are loaded for it alone. */
async function makeWeb(
  { http: address, httpToken: token, httpNames: names, httpParts: parts }: ServeOptions,
): Promise<Web | undefined> {
  if (address !== undefined) {
    const { Web } = await import("./http/web/web.ts");
    return new Web({ address, token, names, parts });
  }
  if ([token, names, parts].every((option) => option === undefined)) return undefined;
  throw new SyntaxError("httpToken, httpNames and httpParts need http");
}

/** Makes the recorder, whose modules are loaded for it alone. */
async function makeRecorder(
  { record, untilRequests }: ServeOptions,
): Promise<Recorder | undefined> {
  if (!record && untilRequests === undefined) return undefined;
  const { Recorder } = await import("./record/recorder.ts");
  return new Recorder({ ...(typeof record === "object" && record), untilRequests });
}

/** Prepares to follow upstream servers, whose modules are loaded for them alone. */
async function follow(
  options: ServeOptions,
  listeners: readonly ListenerSpec[],
): Promise<Upstreams | undefined> {
  const { upstreams = [], maxDistance, keys, ntsCa, log } = options;
  if (upstreams.length === 0) {
    if (maxDistance === undefined) return undefined;
    throw new SyntaxError("maxDistance is for a server that follows upstreams");
  }
  checkFollowing(options, listeners);
  const { Upstreams } = await import("./upstreams/upstreams.ts");
  return new Upstreams({ upstreams, maxDistance }, { keys, ntsCa, log });
}

/**
 * Refuses options that contradict upstream servers, from which time and status come.
 *
 * @throws {SyntaxError} If there is one
 */
function checkFollowing(
  { clock, status = {} }: Pick<ServeOptions, "clock" | "status">,
  listeners: readonly ListenerSpec[],
): void {
  const isSimulated = clock !== undefined && ("read" in clock || Object.keys(clock).length > 0) ||
    listeners.some(({ clock }) => clock !== undefined);
  if (isSimulated) {
    throw new SyntaxError("Upstream servers exclude a simulated clock: leave out one of the two");
  }
  const [option] = Object.keys(status);
  if (option === undefined) return;
  throw new SyntaxError(
    `The clock's status comes from the upstream servers: leave out ${quote(option)}`,
  );
}
