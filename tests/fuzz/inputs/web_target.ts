/** Requests to the HTTP interface, without a network: they change nothing, and show nothing to other sites. */
import type { ControlledServer } from "../../../src/server/http/call.ts";
import { Web } from "../../../src/server/http/web/web.ts";
import type { Random } from "../random.ts";
import { count, type Problem } from "../target.ts";
import { type Ask, parseAsk, requestOf, Subject, TOKEN } from "./asks.ts";
import type { InputTarget } from "./input_target.ts";
import { drawJson, drawText, words } from "./texts.ts";
import type { HttpRequest, HttpResponse } from "../../../src/http/message.ts";

const methods = ["GET", "GET", "GET", "HEAD", "POST", "DELETE", "OPTIONS", "PATCH", "get", ""];

/** Paths for all, then those for clients that may look. */
const open = ["/time", "/time.txt", "/timesync", "/healthz", "/readyz", "/session"];
const looks = ["/metrics", "/state", "/clients", "/history", "/events", "/"];
const strange = ["/Time", "//metrics", "/metrics/", "/metrics%00", "/__proto__", "/constructor"];

const queries = [
  "",
  "?zone=Europe/Berlin",
  "?zone=Nowhere",
  "?zone=%F0%9F%95%92",
  "?format=unix",
  "?format=constructor",
  "?listener=ntp://127.0.0.1:123",
  "?listener=__proto__",
  "?span=4h",
  "?limit=1&sort=rate",
  "?limit=-1",
  "?verbose",
  "?verbose&verbose&zone",
];

const bodies = [
  '{"jsonrpc":"2.0","id":"a1","method":"timesync"}',
  '{"jsonrpc":"2.0","id":7,"method":"time","params":{"t1":8123.4}}',
  '{"jsonrpc":"2.0","id":null,"method":"constructor"}',
  "[]",
  "token=0123456789abcdef",
  `token=${"x".repeat(2000)}`,
  "",
];

const headers: readonly (readonly [string, string])[] = [
  ["origin", "https://evil.example"],
  ["origin", "http://localhost:8880"],
  ["sec-fetch-site", "cross-site"],
  ["sec-fetch-site", "same-origin"],
  ["accept", "application/openmetrics-text;version=1.0.0,text/plain;q=0.5"],
  ["accept", "text/plain;q=x,*/*"],
  ["accept-encoding", "gzip"],
  ["accept-encoding", "gzip;q=0"],
  ["cookie", "timesrv-8880=AAAA"],
  ["last-event-id", "-1"],
  ["content-type", "application/x-www-form-urlencoded"],
];

const hosts = ["localhost:8880", "127.0.0.1", "[::1]:8880", "time.example", "evil.example", ""];

/** Answers a request; `hasToken` says whether the server has one. */
export type WebAnswer = (
  request: HttpRequest,
  subject: ControlledServer,
  hasToken: boolean,
) => Promise<HttpResponse>;

const STATUSES = [200, 204, 400, 401, 403, 404, 405, 413, 415, 421, 426, 429, 503];

export class WebTarget implements InputTarget<string> {
  readonly name = "web";
  readonly outcomes = new Map<string, number>();
  readonly #answer: WebAnswer;

  /** @param answer One that is broken on purpose */
  constructor(answer: WebAnswer = answerOnce) {
    this.#answer = answer;
  }

  draw(random: Random): string {
    const paths = random.below(8) === 0 ? strange : random.below(2) === 0 ? open : looks;
    const target = random.pick(paths) + random.pick(random.below(2) === 0 ? [""] : queries);
    const own: [string, string][] = [
      ["host", random.below(4) === 0 ? random.pick(hosts) : "localhost:8880"],
    ];
    if (random.below(3) === 0) own.push(["authorization", `Bearer ${TOKEN}`]);
    if (random.below(3) === 0) own.push(["content-type", "application/json"]);
    if (random.below(3) === 0) own.push([...random.pick(headers)]);
    if (random.below(8) === 0) own.push([random.pick(headers)[0], drawText(random, words)]);
    const ask: Ask = {
      method: random.pick(methods),
      target: random.below(6) === 0 ? drawText(random, [target]) : target,
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
    const response = await this.#answer(request, subject.server, ask.hasToken);
    count(this.outcomes, `${response.status}`);
    const after = subject.settings();
    return judgeResponse(response, request) ?? judgeAccess(response, ask, request) ??
      (before === after
        ? undefined
        : { oracle: "changes nothing", detail: `${before}, then ${after}` });
  }
}

/** Answers by an interface of its own, so that no request depends on an earlier one. */
async function answerOnce(
  request: HttpRequest,
  subject: ControlledServer,
  hasToken: boolean,
): Promise<HttpResponse> {
  const web = new Web({
    address: "127.0.0.1:0",
    names: ["time.example"],
    ...hasToken && { token: TOKEN },
  });
  web.begin(subject, () => undefined);
  try {
    return await web.answer(request, subject);
  } finally {
    await web.shutdown();
  }
}

function judgeResponse(response: HttpResponse, request: HttpRequest): Problem | undefined {
  const { status, headers, body } = response;
  if (!STATUSES.includes(status)) {
    return { oracle: "knows its errors", detail: `${status} ${String(body)}` };
  }
  for (const [name, value] of Object.entries(headers)) {
    // Anything else could begin another header.
    if (!/^[\x20-\x7e]*$/.test(value)) return { oracle: "splits no header", detail: name };
  }
  if (headers["x-content-type-options"] !== "nosniff") {
    return { oracle: "has its headers", detail: JSON.stringify(headers) };
  }
  if (status === 405 && !/^(?:GET, HEAD|POST|DELETE)/.test(headers.allow ?? "")) {
    return { oracle: "names what is allowed", detail: `${headers.allow}` };
  }
  const type = headers["content-type"] ?? "";
  if (typeof body !== "string" || type.startsWith("text/html")) return undefined;
  if (type.startsWith("application/json")) JSON.parse(body);
  const isSentence = /^[^\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]{3,500}\n$/u.test(body);
  if (status >= 400 && request.method !== "HEAD" && !isSentence) {
    return { oracle: "says what is wrong on one line", detail: JSON.stringify(body) };
  }
  return undefined;
}

/** The rules of access once more, by themselves: who may look, beside the time. */
function judgeAccess(
  { status, headers: answered }: HttpResponse,
  { hasToken, headers }: Ask,
  { url, method }: HttpRequest,
): Problem | undefined {
  const isForSites = answered["access-control-allow-origin"] !== undefined;
  const isLook = looks.includes(url.pathname);
  if (!isLook) return undefined;
  if (isForSites) return { oracle: "shows nothing to other sites", detail: url.pathname };
  if (status !== 200 || method === "OPTIONS") return undefined;
  const valuesOf = (wanted: string): string[] =>
    headers.flatMap(([name, value]) => name.toLowerCase() === wanted ? [value] : []);
  const isPage = valuesOf("origin").length > 0 ||
    valuesOf("sec-fetch-site").some((site) => !["none", "same-origin"].includes(`${site}`.trim()));
  const isForeign = [...valuesOf("host"), url.host].some((host) => /evil/.test(host)) ||
    valuesOf("host").some((host) => `${host}`.trim() === "");
  const hasNone = hasToken &&
    !valuesOf("authorization").some((value) => `${value}`.includes(TOKEN));
  const [reason] = Object.entries({ isPage, isForeign, hasNone }).find(([, is]) => is) ?? [];
  return reason === undefined
    ? undefined
    : { oracle: "admits only the right clients", detail: `${status} where ${reason}` };
}
