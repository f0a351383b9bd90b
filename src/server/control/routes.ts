/** What can be asked of the control interface. */
import type { Endpoint } from "../../protocols/endpoint.ts";
import { suggest } from "../../protocols/nearest.ts";
import type { Totals } from "../../transports/counters.ts";
import type { Faults } from "../faults/faults.ts";
import type { FaultsOptions } from "../faults/options.ts";
import { readFaults } from "../faults/rules.ts";
import { parseScenario } from "../scenario_file.ts";
import { type Scenario, scenarios } from "../scenarios.ts";
import type { ServedTime } from "../served_time.ts";
import type { RecentClients } from "./clients.ts";
import { changeClock } from "./clock_change.ts";
import { Refused } from "./refused.ts";

/** A listener, as it is controlled. */
export interface ControlledListener extends Endpoint {
  readonly url: string;
  /** The clock served there; the server's own, or one that its URL has made. */
  readonly time: ServedTime;
  /** What goes wrong there on purpose, where that can be. */
  readonly faults?: Faults | undefined;
  /** The same at the start. */
  readonly faultsAtStart?: FaultsOptions | undefined;
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
}

/** Does what is asked, and returns what to say. */
export type Route = (call: Call) => object | Promise<object>;

/** By path and method. */
const routes: Readonly<Record<string, Readonly<Record<string, Route>>>> = {
  "/state": { GET: ({ subject }) => stateOf(subject) },
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

function stateOf(subject: Subject): object {
  const { transport, isAnswering, totals, time, listeners } = subject;
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

function clientsOf({ clients }: Call): object {
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
  return { faults: options };
}

function clearFaults({ subject, listener }: Call): object {
  for (const faults of faultsOf(subject, listener)) faults.clear();
  return { faults: {} };
}

/** Begins anew in a scenario: one that is named alone, or all of one. */
async function loadScenario({ subject, listener, json }: Call): Promise<object> {
  const scenario = scenarioOf(await json());
  const { clock = {}, status = {}, faults = {}, seed } = scenario;
  const time = listener === undefined ? subject.time : ownTimeOf(subject, listener);
  const needsFaults = Object.keys(faults).length > 0;
  const all = needsFaults ? faultsOf(subject, listener) : allFaults(subject, listener);
  // Read before, so that it changes all or nothing.
  readFaults(faults, 0);
  time.begin(seed === undefined ? clock : { ...clock, seed }, status);
  for (const each of all) each.set(faults);
  return stateOf(subject);
}

function scenarioOf(json: unknown): Scenario {
  const { name, ...rest } = Object(json) as { name?: unknown };
  if (typeof name === "string" && Object.keys(rest).length === 0) {
    const known = Object.keys(scenarios);
    if (Object.hasOwn(scenarios, name)) return scenarios[name as keyof typeof scenarios];
    throw new Refused(404, `Unknown scenario ${JSON.stringify(name)}: ${suggest(name, known)}`);
  }
  return parseScenario(JSON.stringify(json), "scenario");
}

function reset({ subject, listener }: Call): object {
  const meant = listener === undefined ? subject.listeners : [find(subject, listener)];
  const times = listener === undefined
    ? [subject.time, ...meant.map(({ time }) => time)]
    : [ownTimeOf(subject, listener)];
  for (const time of new Set(times)) time.reset();
  for (const { faults, faultsAtStart = {} } of meant) faults?.set(faultsAtStart);
  return stateOf(subject);
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
  const all = allFaults(subject, url);
  if (all.size > 0) return all;
  throw new Refused(409, "Answers with faults wait: start the server with --transport datagram");
}

function allFaults(subject: Subject, url: string | undefined): Set<Faults> {
  const meant = url === undefined ? subject.listeners : [find(subject, url)];
  return new Set(meant.flatMap(({ faults }) => faults ?? []));
}
