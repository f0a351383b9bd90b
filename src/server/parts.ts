/** The parts of a server that are asked for by options: their modules are loaded only then. */
import { quote } from "../text/json.ts";
import type { Control } from "./http/control/control.ts";
import type { Web } from "./http/web/web.ts";
import type { ListenerSpec } from "./listener.ts";
import type { NtsServer } from "./nts/nts_server.ts";
import { checkNts, servesNts, speaksNtp } from "./nts/options.ts";
import type { Recorder } from "./record/recorder.ts";
import type { ServeOptions } from "./serve_options.ts";
import type { Upstreams } from "./upstreams/upstreams.ts";

export interface RunningParts {
  readonly control?: Control | undefined;
  readonly web?: Web | undefined;
  readonly recorder?: Recorder | undefined;
  readonly following?: Upstreams | undefined;
  readonly nts?: NtsServer | undefined;
}

/**
 * Makes the parts that the options ask for.
 *
 * @throws {SyntaxError} If an option needs or excludes another one
 */
export async function makeParts(
  options: ServeOptions,
  listeners: readonly ListenerSpec[],
): Promise<RunningParts> {
  const web = await makeWeb(options);
  const isShared = options.control !== undefined && options.control === options.http;
  return {
    control: await makeControl(options, isShared ? web : undefined),
    web: isShared ? undefined : web,
    recorder: await makeRecorder(options),
    following: await follow(options, listeners),
    nts: await makeNts(options, listeners),
  };
}

/** Makes the control interface. */
async function makeControl(
  { control: address, controlToken: token, controlReadOnly: isReadOnly, log }: ServeOptions,
  web: Web | undefined,
): Promise<Control | undefined> {
  if (address === undefined) {
    if (token === undefined && !isReadOnly) return undefined;
    throw new SyntaxError("controlToken and controlReadOnly need control");
  }
  const { Control } = await import("./http/control/control.ts");
  return new Control({ address, token, isReadOnly, log, web });
}

/** Makes the HTTP interface. */
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

/** Makes the recorder. */
async function makeRecorder(
  { record, untilRequests }: ServeOptions,
): Promise<Recorder | undefined> {
  if (!record && untilRequests === undefined) return undefined;
  const { Recorder } = await import("./record/recorder.ts");
  return new Recorder({ ...(typeof record === "object" && record), untilRequests });
}

/** Prepares to serve NTS. */
async function makeNts(
  options: ServeOptions,
  listeners: readonly ListenerSpec[],
): Promise<NtsServer | undefined> {
  checkNts(options, listeners);
  if (!servesNts(options)) return undefined;
  const hostnames = listeners
    .filter(({ endpoint }) => speaksNtp(endpoint))
    .map(({ endpoint }) => endpoint.hostname);
  if (options.responder !== undefined) throw new SyntaxError("A custom responder has no NTS");
  const { NtsServer } = await import("./nts/nts_server.ts");
  return await NtsServer.create(options, hostnames, { log: options.log });
}

/** Prepares to follow upstream servers. */
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
