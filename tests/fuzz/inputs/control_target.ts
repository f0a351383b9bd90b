/** Requests to the control interface, without a network: what may not be done is refused, and changes nothing. */
import type { Clock } from "../../../src/clock/clock.ts";
import { ServedTime } from "../../../src/clock/served_time.ts";
import { parseEndpoint } from "../../../src/protocols/endpoint.ts";
import { Faults } from "../../../src/server/faults/faults.ts";
import { planGuard } from "../../../src/server/guard/guard.ts";
import { GuardControl } from "../../../src/server/guard/guard_control.ts";
import { Control } from "../../../src/server/http/control/control.ts";
import type { HttpRequest, HttpResponse } from "../../../src/http/listener.ts";
import { listClients } from "../../../src/server/clients/list_clients.ts";
import type { ControlledListener, ControlledServer } from "../../../src/server/http/call.ts";
import { Counters, type Totals } from "../../../src/transports/counters.ts";
import { FakeTime } from "../../support/fake_time.ts";
import type { Random } from "../random.ts";
import { count, type Problem } from "../target.ts";
import { type InputTarget, judgeError } from "./input_target.ts";
import { parsers } from "./parsers.ts";
import { drawJson, drawText, words } from "./texts.ts";

const TOKEN = "0123456789abcdef";

/** A request as the text of an input. */
interface Ask {
  readonly method: string;
  readonly target: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string;
  readonly isLocal: boolean;
  readonly hasToken: boolean;
}

const methods = ["GET", "GET", "HEAD", "PATCH", "POST", "PUT", "DELETE", "OPTIONS", "get", ""];
const paths = [
  "/state",
  "/clients",
  "/access",
  "/access/check",
  "/clock",
  "/faults",
  "/scenario",
  "/reset",
  "/",
  "//state",
  "/state/",
  "/STATE",
];
const listeners = ["ntp://127.0.0.1:123", "time://127.0.0.1:37", "ntp://x", ""];
const hosts = [
  "localhost",
  "127.0.0.1:8890",
  "[::1]",
  "127.9.9.9",
  "evil.example",
  "127.0.0.1.evil.example",
  "10.0.0.1",
  "",
];

const bodies = [
  ...(parsers.find(({ name }) => name === "scenario-file")?.seeds ?? []),
  ...[
    '{"rate": 2}',
    '{"offset": "+1h"}',
    '{"step": "PT1H"}',
    '{"step": -0.5}',
    '{"time": "2038-01-19T03:14:07Z"}',
  ],
  ...[
    '{"drop": 0.3}',
    '{"delay": [{"time": "50ms", "every": 3}]}',
    '{"kiss": {"code": "RATE", "from": ["::/0"]}}',
  ],
  ...[
    '{"name": "y2038"}',
    '{"leap": "none", "steps": []}',
    '{"leap_seconds": "insert@2028-12-31"}',
    "{}",
    "",
    "null",
  ],
  ...[
    "[]",
    '"x"',
    "1e400",
    `{"__proto__": {"rate": 2}}`,
    '{"noise": 0.001, "smear": "google"}',
    '{"clock": {}, "faults": {}}',
  ],
];

const headers: readonly (readonly [string, string])[] = [
  ...[["origin", "https://evil.example"], ["origin", "null"], ["origin", ""]] as const,
  ...[["sec-fetch-site", "cross-site"], ["sec-fetch-site", "none"], [
    "sec-fetch-site",
    "same-origin",
  ]] as const,
  ...[["content-length", "5"], ["content-length", "99999999"], [
    "transfer-encoding",
    "chunked",
  ]] as const,
  ...[["authorization", `Bearer ${TOKEN}`], ["authorization", `bearer  ${TOKEN}`], [
    "authorization",
    TOKEN,
  ]] as const,
  ...[["content-type", "text/plain"], ["content-type", "application/json; charset=utf-8"]] as const,
];

/** Answers a request; `hasToken` says whether the server has one. */
export type Answer = (
  request: HttpRequest,
  subject: ControlledServer,
  hasToken: boolean,
) => Promise<HttpResponse>;

const control = new Control({ address: "127.0.0.1:0" });
const controlWithToken = new Control({ address: "127.0.0.1:0", token: TOKEN });

export class ControlTarget implements InputTarget<string> {
  readonly name = "control";
  readonly outcomes = new Map<string, number>();
  readonly #answer: Answer;

  /** @param answer One that is broken on purpose */
  constructor(
    answer: Answer = (request, subject, hasToken) =>
      (hasToken ? controlWithToken : control).answer(request, subject),
  ) {
    this.#answer = answer;
  }

  draw(random: Random): string {
    const listener = random.below(3) === 0
      ? `?listener=${encodeURIComponent(random.pick(listeners))}`
      : "";
    const own: [string, string][] = [["host", random.pick(hosts)]];
    if (random.below(4) > 0) own[0] = ["host", "localhost"];
    if (random.below(4) > 0) own.push(["content-type", "application/json"]);
    if (random.below(3) === 0) own.push(["authorization", `Bearer ${TOKEN}`]);
    if (random.below(4) === 0) own.push([...random.pick(headers)]);
    if (random.below(8) === 0) own.push([random.pick(headers)[0], drawText(random, words)]);
    const ask: Ask = {
      method: random.pick(methods),
      target: random.below(4) === 0
        ? drawText(random, paths.map((path) => path + listener))
        : random.pick(paths.slice(0, 6)) + listener,
      headers: own,
      body: random.below(2) === 0 ? drawText(random, bodies) : drawJson(random, bodies),
      isLocal: random.below(4) > 0,
      hasToken: random.below(3) === 0,
    };
    return JSON.stringify(ask);
  }

  async judge(input: string): Promise<Problem | undefined> {
    const ask = parseAsk(input);
    const request = ask && requestOf(ask);
    if (!ask || !request) {
      count(this.outcomes, "left out");
      return undefined;
    }
    using subject = new Subject();
    const before = subject.settings();
    const { status, body } = await this.#answer(request, subject.server, ask.hasToken);
    count(this.outcomes, `${status}`);
    return judgeBody(status, String(body), input) ??
      judgeAccess(status, ask, request) ??
      judgeChange(status, request, before, subject.settings());
  }
}

function parseAsk(input: string): Ask | undefined {
  try {
    const ask: Partial<Ask> = JSON.parse(input);
    const isWhole = typeof ask.target === "string" && typeof ask.method === "string" &&
      typeof ask.body === "string" && Array.isArray(ask.headers);
    return isWhole ? ask as Ask : undefined;
  } catch {
    return undefined;
  }
}

/** As the listener makes it; undefined where that refuses it. */
function requestOf({ method, target, headers, body, isLocal }: Ask): HttpRequest | undefined {
  const url = URL.parse(target.startsWith("/") ? `http://localhost${target}` : target);
  if (url?.protocol !== "http:") return undefined;
  try {
    const own = new Headers(headers.map(([name, value]) => [name, value]));
    const octets = new TextEncoder().encode(body);
    const parts = octets.length === 0 ? [] : [octets.subarray(0, 7), octets.subarray(7)];
    return {
      method,
      url,
      headers: own,
      isLocal,
      peer: "127.0.0.1",
      body: ReadableStream.from(parts),
    };
  } catch {
    return undefined;
  }
}

const STATUSES = [200, 400, 401, 403, 404, 405, 409, 413, 415];

function judgeBody(status: number, body: string, input: string): Problem | undefined {
  if (!STATUSES.includes(status)) {
    return { oracle: "knows its errors", detail: `${status} ${body}` };
  }
  if (!/^[^\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]+\n$/u.test(body)) {
    return { oracle: "answers on one line", detail: JSON.stringify(body) };
  }
  const { error, schema } = JSON.parse(body);
  if (status === 200) {
    return schema === 1 ? undefined : { oracle: "answers as documented", detail: body };
  }
  if (typeof error !== "string") return { oracle: "says what is wrong", detail: body };
  return judgeError(new Error(JSON.stringify(error)), [Error], input);
}

/** The rules of access once more, by themselves. */
function judgeAccess(
  status: number,
  { hasToken, isLocal, headers }: Ask,
  request: HttpRequest,
): Problem | undefined {
  const own = headers.map(([name, value]) => [name.toLowerCase(), value] as const);
  const valuesOf = (wanted: string): string[] =>
    own.flatMap(([name, value]) => name === wanted ? [value] : []);
  const isLoopback = (host: string): boolean =>
    /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d*)?$/i.test(host.trim());
  const isPage = valuesOf("origin").length > 0 ||
    valuesOf("sec-fetch-site").some((site) => !["none", "same-origin"].includes(site.trim()));
  const isForeign = isLocal && ![...valuesOf("host"), request.url.host].every(isLoopback);
  const isStranger = !isLocal && !hasToken;
  const hasNone = hasToken && !valuesOf("authorization").some((value) => value.includes(TOKEN));
  const refusal = { isPage, isForeign, isStranger, hasNone };
  const [reason] = Object.entries(refusal).find(([, is]) => is) ?? [];
  if (reason === undefined || status === 403 || status === 401) return undefined;
  return { oracle: "admits only the right clients", detail: `${status} where ${reason}` };
}

function judgeChange(
  status: number,
  { method }: HttpRequest,
  before: string,
  after: string,
): Problem | undefined {
  const mayChange = status === 200 && !["GET", "HEAD"].includes(method);
  if (mayChange || before === after) return undefined;
  return { oracle: "changes nothing that it refuses", detail: `${before}, then ${after}` };
}

/** A moment for every reading. */
const stillClock: Clock = {
  read(time): void {
    [time.seconds, time.nanoseconds] = [1_795_370_400, 0];
  },
};

function listenerOf(url: string, time: ServedTime): ControlledListener {
  const atStart = { faults: {}, seed: 1 };
  const faults = new Faults({}, 1, () => 0);
  const totals = (): Totals => new Counters().totals();
  return { ...parseEndpoint(url), url, totals, time, faults, atStart, own: {} };
}

/** A server of two listeners, one with a clock of its own. */
class Subject implements Disposable {
  readonly server: ControlledServer;
  readonly #listeners: readonly ControlledListener[];
  readonly #guard = new GuardControl(planGuard({}, true).page, {}, () => ["192.0.2.250"]);
  readonly #times: readonly ServedTime[];

  constructor() {
    const open = (clock: object): ServedTime =>
      new ServedTime({
        base: stillClock,
        clock,
        status: { source: "fixed" },
        precision: -20,
        timers: new FakeTime(),
      });
    const [time, own] = this.#times = [open({}), open({ offset: "+1h" })] as const;
    this.#listeners = [["ntp://127.0.0.1:123", time], ["time://127.0.0.1:37", own]].map((
      [url, time],
    ) => listenerOf(url as string, time as ServedTime));
    this.server = {
      transport: "datagram",
      isAnswering: () => true,
      totals: () => new Counters().totals(),
      started: Temporal.Instant.fromEpochMilliseconds(0),
      recentClients: () => 0,
      clients: (query) => Promise.resolve(listClients([], 0, query)),
      time,
      listeners: this.#listeners,
      guard: this.#guard,
    };
  }

  /** All that a refused request must leave as it was. */
  settings(): string {
    return JSON.stringify([
      this.#times.map(({ state }) => state),
      this.#guard.state,
      this.#listeners.map(({ faults }) => [faults?.options, faults?.seed]),
      Object.keys(Object.prototype),
    ]);
  }

  [Symbol.dispose](): void {
    for (const time of this.#times) time[Symbol.dispose]();
  }
}
