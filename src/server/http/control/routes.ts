/** The paths of the control interface: what each shows or changes. */
import { clientsQueryFields } from "../../../client/clients_query.ts";
import { suggest } from "../../../text/suggest.ts";
import type { Faults } from "../../faults/faults.ts";
import { readFaults, withUnits } from "../../faults/rules.ts";
import { mergeFaults } from "../../faults/text.ts";
import { readScenario } from "../../scenarios/scenario_file.ts";
import { type Scenario, scenarios } from "../../scenarios/scenarios.ts";
import type { ClockControl, ServedTime } from "../../../clock/served_time.ts";
import { clockFields } from "../../../clock/sources/timeline/options.ts";
import { readOptions, withUnit } from "../../../options/read.ts";
import type { Body, Call, ControlledListener, ControlledServer, Route } from "../call.ts";
import { readClientsQuery } from "../clients.ts";
import { listSources, stateOf as describe } from "../state.ts";
import { isRecord, quote } from "../../../text/json.ts";
import { escapeLine } from "../../../text/printable.ts";
import { HttpError, type HttpRequest } from "../../../http/message.ts";
import { findMethod, refusePath } from "../../../http/read_request.ts";

/** Characters of a URL in messages: it may have thousands. */
const MAX_SHOWN = 100;

const routes: Readonly<Record<string, Readonly<Record<string, Route>>>> = {
  "/state": { GET: ({ subject, listener }) => stateOf(subject, listener) },
  "/clients": { GET: clientsOf },
  "/exchanges": { GET: exchangesOf },
  "/sources": { GET: sourcesOf },
  "/clock": { PATCH: setClock, POST: setClock },
  "/faults": { PUT: setFaults, DELETE: clearFaults },
  "/scenario": { POST: loadScenario },
  "/access": { GET: accessOf, PATCH: changeAccess },
  "/access/check": { GET: checkAccess },
  "/reset": { POST: reset },
};

export function isPath(path: string): boolean {
  return Object.hasOwn(routes, path);
}

/**
 * Finds the route of a request.
 *
 * @param others The paths of the HTTP interface on the same address
 * @throws {HttpError} If there is none
 */
export function findRoute(
  request: Pick<HttpRequest, "method" | "url">,
  others: readonly string[] = [],
): Route {
  const { pathname } = request.url;
  const methods = isPath(pathname) ? routes[pathname] : undefined;
  const known = new Set([...Object.keys(routes), ...others]);
  return findMethod(methods ?? refusePath(pathname, [...known]), request);
}

/** The parameters of a path's URL. */
export function parametersOf(path: string): readonly string[] {
  const own: Readonly<Record<string, readonly string[]>> = {
    "/clients": Object.values(clientsQueryFields).map(({ name }) => name),
    "/access/check": ["address"],
  };
  return [...own[path] ?? [], "listener"];
}

function stateOf(subject: ControlledServer, listener?: string): Body<"state"> {
  return describe(subject, selectListeners(subject, listener));
}

async function clientsOf({ subject, listener, parameters }: Call): Promise<Body<"clients">> {
  refuseListener(subject, listener, "clients");
  return await subject.clients(readClientsQuery(parameters));
}

function sourcesOf({ subject, listener }: Call): Body<"sources"> {
  refuseListener(subject, listener, "upstream servers");
  if (subject.following !== undefined) return listSources(subject.following);
  throw new HttpError(
    409,
    "This server follows no upstream servers: start it with --upstream ntp://HOST",
  );
}

function refuseListener(subject: ControlledServer, given: string | undefined, of: string): void {
  if (given === undefined) return;
  const { url } = find(subject, given);
  throw new HttpError(400, `There is one list of ${of}, of all listeners: leave ${url} out`);
}

function exchangesOf({ subject, listener }: Call): Body<"exchanges"> {
  if (listener !== undefined) find(subject, listener);
  if (subject.exchanges !== undefined) return subject.exchanges(listener);
  throw new HttpError(
    409,
    "No exchanges are recorded: start the server with --record FILE or --until-requests N",
  );
}

async function setClock({ subject, listener, json }: Call): Promise<Body<"set">> {
  const time = listener === undefined ? subject.time : ownTimeOf(subject, listener);
  changeClock(time, await json());
  return { clock: time.state };
}

/** Changes a clock by options, or by `{"step": "PT1H"}` alone: an immediate step. */
function changeClock(clock: ClockControl, json: unknown): void {
  if (!isRecord(json)) {
    throw new HttpError(400, `Expected an object such as {"offset": "+1h30m"}`);
  }
  const { step: given, ...options } = json;
  const step = withUnit(given);
  const isEmpty = Object.keys(options).length === 0;
  if (step !== undefined) {
    if (!isEmpty) throw new HttpError(400, `"step" must be alone; "steps" plans later ones`);
    if (typeof step === "string") return clock.step(step);
    throw new HttpError(400, `"step" is ${quote(step)}, expected a duration such as PT1H`);
  }
  if (isEmpty) {
    const names = [...Object.keys(clockFields), "step"];
    throw new HttpError(400, `Nothing to change: expected ${names.join(", ")}`);
  }
  clock.set(readOptions(clockFields, options, "clock", "json"));
}

async function setFaults({ subject, listener, json }: Call): Promise<Body<"faults">> {
  const all = faultsOf(subject, listener);
  const options = withUnits(await json());
  // Wrong faults are wrong for each listener: the first one throws.
  for (const faults of all) faults.set(options);
  const [first] = all;
  return { faults: { ...first?.options } };
}

async function clearFaults({ subject, listener, nothing }: Call): Promise<Body<"faults">> {
  const all = faultsOf(subject, listener);
  await nothing();
  for (const faults of all) faults.clear();
  return { faults: {} };
}

/** Restarts in a scenario, given by its name or as a whole. */
async function loadScenario({ subject, listener, json }: Call): Promise<Body<"scenario">> {
  const scenario = scenarioOf(await json());
  const { clock, status, faults = {} } = scenario;
  if (clock === undefined && status === undefined && scenario.faults === undefined) {
    throw new HttpError(
      400,
      "Nothing to start: expected clock, status or faults, or the name of a scenario alone",
    );
  }
  // Checked first: a scenario changes all or nothing.
  readFaults(faults, 0);
  if (Object.keys(faults).length > 0) faultsOf(subject, listener);
  if (listener === undefined) begin(subject, scenario);
  else beginAlone(subject, find(subject, listener), scenario);
  return stateOf(subject);
}

/** Begins a scenario as if the server had been started in it: faults of URLs of listeners add to its own. */
function begin({ time, listeners }: ControlledServer, scenario: Scenario): void {
  const { clock = {}, status = {}, faults = {}, seed } = scenario;
  time.begin(clock, status);
  for (const own of ownTimes(time, listeners)) own.configure(status);
  for (const { faults: there, atStart, own } of listeners) {
    there?.set(mergeFaults(faults, own.faults ?? {}), own.seed ?? seed ?? atStart.seed);
  }
}

/** Begins a scenario on one listener: only its faults, if it has the server's clock. */
function beginAlone(
  subject: ControlledServer,
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
  if (!isRecord(json)) {
    throw new HttpError(400, "Cannot start a scenario: expected an object");
  }
  const { name, ...rest } = json;
  if (typeof name === "string" && Object.keys(rest).length === 0) {
    const known = Object.keys(scenarios);
    if (Object.hasOwn(scenarios, name)) return scenarios[name as keyof typeof scenarios];
    throw new HttpError(404, `Unknown scenario ${quote(name)}: ${suggest(name, known)}`);
  }
  return { name: "scenario", description: "", ...readScenario(json) };
}

/** Restores all clocks and faults; for one listener, those that are its own. */
async function reset({ subject, listener, nothing }: Call): Promise<Body<"reset">> {
  const selected = selectListeners(subject, listener);
  await nothing();
  const own = ownTimes(subject.time, selected);
  const [alone] = listener === undefined ? [] : selected;
  // Without faults or a clock of its own there is nothing to reset, which is an error.
  if (alone !== undefined && alone.faults === undefined) ownTimeOf(subject, alone.url);
  if (listener === undefined) subject.guard.reset();
  for (const time of listener === undefined ? [subject.time, ...own] : own) time.reset();
  for (const { faults, atStart } of selected) faults?.set(atStart.faults, atStart.seed);
  return stateOf(subject);
}

/** Collects the clocks that listeners have of their own. */
function ownTimes(shared: ServedTime, listeners: readonly ControlledListener[]): Set<ServedTime> {
  return new Set(listeners.map(({ time }) => time).filter((time) => time !== shared));
}

function selectListeners(
  subject: ControlledServer,
  url: string | undefined,
): readonly ControlledListener[] {
  return url === undefined ? subject.listeners : [find(subject, url)];
}

function find({ listeners }: ControlledServer, url: string): ControlledListener {
  const found = listeners.find((each) => each.url === url);
  if (found !== undefined) return found;
  const urls = listeners.map((each) => each.url);
  throw new HttpError(
    404,
    `There is no listener ${escapeLine(url, MAX_SHOWN)}: expected ${urls.join(", ")}`,
  );
}

/** Refuses a change for one listener that would change the time of others. */
function ownTimeOf(subject: ControlledServer, url: string): ServedTime {
  const { time } = find(subject, url);
  if (time !== subject.time) return time;
  throw new HttpError(
    409,
    `${url} has the server's clock: leave the listener out, or start it with a clock of its own, ` +
      `as ${url}?rate=1`,
  );
}

function faultsOf(subject: ControlledServer, url: string | undefined): Set<Faults> {
  const all = new Set(selectListeners(subject, url).flatMap(({ faults }) => faults ?? []));
  if (all.size > 0) return all;
  throw new HttpError(
    409,
    "Faults delay replies, which the mmsg transport cannot do: start the server with " +
      "--transport datagram",
  );
}

/** Access rules and the rate limit are those of all listeners. */
function accessOf(call: Call): Body<"access"> {
  requireAll(call);
  return { access: call.subject.guard.state };
}

async function changeAccess(call: Call): Promise<Body<"changeAccess">> {
  requireAll(call);
  const json = await call.json();
  if (!isRecord(json)) {
    throw new HttpError(400, `Expected an object such as {"deny": ["192.0.2.0/24"]}`);
  }
  call.subject.guard.change(json);
  return { access: call.subject.guard.state };
}

function checkAccess(call: Call): Body<"checkAccess"> {
  requireAll(call);
  const address = call.parameters.get("address");
  if (address === null) {
    throw new HttpError(400, "Expected an address, as /access/check?address=192.0.2.7");
  }
  return { check: call.subject.guard.check(address) };
}

function requireAll({ listener }: Call): void {
  if (listener === undefined) return;
  throw new HttpError(400, "Access rules and the rate limit are those of all listeners: name none");
}
