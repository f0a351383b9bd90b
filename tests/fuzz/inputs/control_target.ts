/** Requests to the control interface, without a network: what may not be done is refused, and changes nothing. */
import { Control } from "../../../src/server/http/control/control.ts";
import type { ControlledServer } from "../../../src/server/http/call.ts";
import type { Random } from "../random.ts";
import { count, type Problem } from "../target.ts";
import { type Ask, parseAsk, requestOf, Subject, TOKEN } from "./asks.ts";
import { type InputTarget, judgeError } from "./input_target.ts";
import { parsers } from "./parsers.ts";
import { drawJson, drawText, words } from "./texts.ts";
import type { HttpRequest, HttpResponse } from "../../../src/http/message.ts";

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

/** Answers by an interface of its own, so that no request depends on an earlier one. */
const answerOnce: Answer = (request, subject, hasToken) =>
  new Control({ address: "127.0.0.1:0", ...hasToken && { token: TOKEN } })
    .answer(request, subject);

export class ControlTarget implements InputTarget<string> {
  readonly name = "control";
  readonly outcomes = new Map<string, number>();
  readonly #answer: Answer;

  /** @param answer One that is broken on purpose */
  constructor(answer: Answer = answerOnce) {
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
