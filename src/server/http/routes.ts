/** What can be asked of the control interface. */
import type { Endpoint } from "../../protocols/endpoint.ts";
import { suggest } from "../../text/suggest.ts";
import type { Totals } from "../../transports/counters.ts";
import type { Faults } from "../faults/faults.ts";
import type { FaultsOptions } from "../faults/options.ts";
import { readFaults } from "../faults/rules.ts";
import { readScenario } from "../scenarios/scenario_file.ts";
import { type Scenario, scenarios } from "../scenarios/scenarios.ts";
import type { ServedTime } from "../../clock/served_time.ts";
import type { RecentClients } from "./clients.ts";
import { changeClock } from "./clock_change.ts";
import { Refused } from "./http_error.ts";

/** A listener, as it is controlled. */
export interface ControlledListener extends Endpoint {
  readonly url: string;
  /** The clock served there; the server's own, or one that its URL has made. */
  readonly time: ServedTime;
  /** What goes wrong there on purpose, where that can be. */
  readonly faults?: Faults | undefined;
  /** The same at the start, and what chance went by. */
  readonly atStart: { readonly faults: FaultsOptions; readonly seed?: number | undefined };
  /** What its URL said of them, whatever the server's options did. */
  readonly own: { readonly faults?: FaultsOptions | undefined; readonly seed?: number | undefined };
}

/** A server, as it is controlled. */
export interface Subject {
  readonly transport: string;
  readonly isAnswering: () => boolean;
  readonly totals: () => Totals;
  /** The clock of all listeners that have none of their own. */
  readonly time: ServedTime;
  readonly listeners: readonly ControlledListener[];
}

/** A request that has passed the gate. */
export interface Call {
  readonly subject: Subject;
  /** Who asked lately. */
  readonly clients: RecentClients;
  /** The listener that is meant, by its URL; all of them without it. */
  readonly listener?: string | undefined;
  /** Reads what came with it. */
  readonly json: () => Promise<unknown>;
  /** Refuses it if anything came with it. */
  readonly nothing: () => Promise<void>;
}

/** Does what is asked, and returns what to say. */
export type Route = (call: Call) => object | Promise<object>;

/** By path and method. */
const routes: Readonly<Record<string, Readonly<Record<string, Route>>>> = {
  "/state": { GET: ({ subject, listener }) => stateOf(subject, listener) },
  "/clients": { GET: clientsOf },
  "/clock": { PATCH: setClock, POST: setClock },
  "/faults": { PUT: setFaults, DELETE: clearFaults },
  "/scenario": { POST: loadScenario },
  "/reset": { POST: reset },
};

/**
 * Finds what answers to a path and method.
 *
 * @throws {Refused} If nothing does
 */
export function findRoute(path: string, method: string): Route {
  const methods = Object.hasOwn(routes, path) ? routes[path] : undefined;
  if (methods === undefined) {
    throw new Refused(404, `There is no ${path}: ${suggest(path, Object.keys(routes))}`);
  }
  const route = Object.hasOwn(methods, method) ? methods[method] : undefined;
  if (route === undefined) {
    const allow = Object.keys(methods).join(", ");
    throw new Refused(405, `Cannot ${method} ${path}: expected ${allow}`, { allow });
  }
  return route;
}

function stateOf(subject: Subject, listener?: string): object {
  const { transport, isAnswering, totals, time } = subject;
  const listeners = meantBy(subject, listener);
  return {
    transport,
    answering: isAnswering(),
    clock: time.state,
    listeners: listeners.map(({ url, protocol, hostname, port, time: own, faults }) => ({
      url,
      protocol,
      hostname,
      port,
      ...(own !== time && { clock: own.state }),
      ...(faults && { faults: faults.options, seed: faults.seed }),
    })),
    totals: totals(),
  };
}

function clientsOf({ subject, clients, listener }: Call): object {
  if (listener !== undefined) {
    const { url } = find(subject, listener);
    throw new Refused(400, `There is one list of clients, of all listeners: leave ${url} out`);
  }
  return {
    clients: clients.list().map(({ lastSeenMs, ...rest }) => ({
      ...rest,
      lastSeen: new Date(lastSeenMs).toISOString(),
    })),
    untold: clients.untold,
  };
}

async function setClock({ subject, listener, json }: Call): Promise<object> {
  const time = listener === undefined ? subject.time : ownTimeOf(subject, listener);
  changeClock(time, await json());
  return { clock: time.state };
}

async function setFaults({ subject, listener, json }: Call): Promise<object> {
  const all = faultsOf(subject, listener);
  const options = await json() as FaultsOptions;
  // All listeners read them alike: the first one throws if they are wrong.
  for (const faults of all) faults.set(options);
  const [first] = all;
  return { faults: first?.options ?? {} };
}

async function clearFaults({ subject, listener, nothing }: Call): Promise<object> {
  const all = faultsOf(subject, listener);
  await nothing();
  for (const faults of all) faults.clear();
  return { faults: {} };
}

/** Begins anew in a scenario: one that is named alone, or all of one. */
async function loadScenario({ subject, listener, json }: Call): Promise<object> {
  const scenario = scenarioOf(await json());
  const { clock, status, faults = {} } = scenario;
  if (clock === undefined && status === undefined && scenario.faults === undefined) {
    throw new Refused(
      400,
      "Nothing to begin: expected clock, status or faults, or the name of a scenario alone",
    );
  }
  // Read before, so that it changes all or nothing.
  readFaults(faults, 0);
  if (Object.keys(faults).length > 0) faultsOf(subject, listener);
  if (listener === undefined) begin(subject, scenario);
  else beginAlone(subject, find(subject, listener), scenario);
  return stateOf(subject);
}

/** As if the server had been started in it: what a listener's URL says of itself stays. */
function begin({ time, listeners }: Subject, scenario: Scenario): void {
  const { clock = {}, status = {}, faults = {}, seed } = scenario;
  time.begin(clock, status);
  for (const own of ownTimes(time, listeners)) own.configure(status);
  for (const { faults: there, atStart, own } of listeners) {
    if (own.faults === undefined) there?.set(faults, own.seed ?? seed ?? atStart.seed);
  }
}

/** On one listener; if the clock that it serves is the server's, of faults alone. */
function beginAlone(
  subject: Subject,
  { url, time, faults: there, atStart }: ControlledListener,
  { clock, status, faults = {}, seed }: Scenario,
): void {
  const isOfFaults = clock === undefined && status === undefined;
  if (!isOfFaults || time !== subject.time) {
    ownTimeOf(subject, url).begin(clock ?? {}, status ?? {});
  }
  there?.set(faults, seed ?? atStart.seed);
}

function scenarioOf(json: unknown): Scenario {
  if (typeof json !== "object" || json === null) {
    throw new Refused(400, "Cannot begin a scenario: expected an object");
  }
  const { name, ...rest } = json as { name?: unknown };
  if (typeof name === "string" && Object.keys(rest).length === 0) {
    const known = Object.keys(scenarios);
    if (Object.hasOwn(scenarios, name)) return scenarios[name as keyof typeof scenarios];
    throw new Refused(404, `Unknown scenario ${JSON.stringify(name)}: ${suggest(name, known)}`);
  }
  return { name: "scenario", description: "", ...readScenario(json) };
}

/** All clocks and faults; of one listener, what is not shared with others. */
async function reset({ subject, listener, nothing }: Call): Promise<object> {
  const meant = meantBy(subject, listener);
  await nothing();
  const own = ownTimes(subject.time, meant);
  const [alone] = listener === undefined ? [] : meant;
  // Without either there is nothing to reset, and who asked should know.
  if (alone !== undefined && alone.faults === undefined) ownTimeOf(subject, alone.url);
  for (const time of listener === undefined ? [subject.time, ...own] : own) time.reset();
  for (const { faults, atStart } of meant) faults?.set(atStart.faults, atStart.seed);
  return stateOf(subject);
}

/** The clocks that listeners have for themselves. */
function ownTimes(shared: ServedTime, listeners: readonly ControlledListener[]): Set<ServedTime> {
  return new Set(listeners.map(({ time }) => time).filter((time) => time !== shared));
}

function meantBy(subject: Subject, url: string | undefined): readonly ControlledListener[] {
  return url === undefined ? subject.listeners : [find(subject, url)];
}

function find({ listeners }: Subject, url: string): ControlledListener {
  const found = listeners.find((each) => each.url === url);
  if (found !== undefined) return found;
  const urls = listeners.map((each) => each.url);
  throw new Refused(404, `There is no listener ${url}: expected ${urls.join(", ")}`);
}

/** What is said of one listener must not change the time of others. */
function ownTimeOf(subject: Subject, url: string): ServedTime {
  const { time } = find(subject, url);
  if (time !== subject.time) return time;
  throw new Refused(
    409,
    `${url} has the server's clock: leave the listener out, or start it with a clock of its own, ` +
      `as ${url}?rate=1`,
  );
}

function faultsOf(subject: Subject, url: string | undefined): Set<Faults> {
  const all = new Set(meantBy(subject, url).flatMap(({ faults }) => faults ?? []));
  if (all.size > 0) return all;
  throw new Refused(409, "Answers with faults wait: start the server with --transport datagram");
}
