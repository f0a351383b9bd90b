/** What a control interface answers, given to the client that asked: shown as it is meant, or not at all. */
import { type ControlAction, controlRequests } from "../../../src/client/control_api.ts";
import { isAnswer } from "../../../src/client/control_answers.ts";
import { formatAnswer } from "../../../src/cli/timecli/control/report.ts";
import type { Random } from "../random.ts";
import { count, type Problem } from "../target.ts";
import type { InputTarget } from "./input_target.ts";
import { drawJson } from "./texts.ts";

const clock = {
  now: "2026-11-22T18:00:00.000000000Z",
  system: "2026-11-22T17:00:00.000000000Z",
  offset: 3600,
  rate: 1,
  leap: "insert",
  steps: [{ by: 1, at: "2026-11-22T19:00:00Z" }, { by: -0.5, servedAt: "2026-11-22T19:00:00Z" }],
  leap_seconds: [{ kind: "insert", date: "2026-12-31" }],
  smear: { shape: "linear", window: 86_400, by: 1 },
  noise: 0.001,
  warnings: ["the list of leap seconds has expired"],
};

const totals = {
  ...{ received: 9, answered: 7, kisses: 1, copies: 0, refused: { malformed: 1, denied: 0 } },
  ...{ responderErrors: 0, receiveErrors: 0, sendErrors: 1 },
};

const listeners = [
  { url: "ntp://127.0.0.1:123", protocol: "ntp", hostname: "127.0.0.1", port: 123, totals },
  {
    ...{ url: "time://[::1]:37", protocol: "time", hostname: "::1", port: 37, clock, seed: 42 },
    faults: { drop: 0.3, delay: [{ time: "50ms", every: 3 }] },
    totals,
  },
];

const clients = [
  {
    address: "192.0.2.1",
    port: 4000,
    protocol: "ntp",
    version: 4,
    ...{ requests: 8, answered: 3, kisses: 1, denied: 2, limited: 1, refused: 1 },
    rate: 0.5,
    interval: 2,
    first_seen: "2026-11-22T17:00:00Z",
    last_seen: "2026-11-22T18:00:00Z",
  },
];

const exchange = {
  number: 1,
  time: "2026-11-22T18:00:00.000001Z",
  address: "192.0.2.1",
  port: 1000,
  listener: "ntp://127.0.0.1:123",
  protocol: "ntp",
  request: { octets: 48, version: 4, mode: 3, origin_timestamp: "0000000000000000" },
  outcome: "kod",
  code: "RATE",
  cause: "denied",
  faults: ["kiss"],
  reply: { octets: 5, text: "hello" },
  findings: [{ rule: "burst", level: "violation", text: "sent 9", source: "RFC 5905 §13" }],
};

const about = { version: "1.0.0", started: "2026-11-22T17:00:00Z" };

const sources = {
  discipline: { state: "holdover", root_distance: 0.0123 },
  upstreams: [
    {
      ...{ url: "ntp://a.example", address: "192.0.2.1", state: "selected", stratum: 1 },
      ...{ offset: 0.000_012, distance: 0.003, delay: 0.004, jitter: 0.000_009 },
      ...{ poll: 6, reach: 0o377, last_reply: 12.7 },
    },
    {
      ...{ url: "ntp://[::1]", address: null, state: "silent", stratum: null, offset: null },
      ...{ distance: null, delay: null, jitter: null, poll: 0, reach: 0, last_reply: null },
    },
  ],
};

const state = {
  schema: 1,
  ...about,
  transport: "datagram",
  answering: true,
  clock,
  listeners,
  totals,
  ...sources,
};

const access = {
  schema: 1,
  access: {
    ...{ allow: ["all"], deny: ["192.0.2.0/24"], deny_action: "drop", rate_limit: "off" },
    ...{ rate_kod: 0, rate_ipv4_prefix: 32, rate_ipv6_prefix: 64, limits_this_machine: false },
  },
};

const answers: Readonly<Record<ControlAction, object>> = {
  ...{ state, scenario: state, reset: state },
  ...{ set: { schema: 1, clock }, step: { schema: 1, clock } },
  faults: { schema: 1, faults: { drop: 0.3, kiss: { code: "RATE" } } },
  clients: {
    ...{ schema: 1, clients, now: "2026-11-22T18:00:00Z", total: 1, capacity: 65_536 },
    ...{ dropped: 1, unlisted: 2 },
  },
  sources: { schema: 1, ...sources },
  ...{ access, changeAccess: access },
  checkAccess: {
    schema: 1,
    check: { address: "::1", answered: true, cause: null, kod: false, rule: null, reason: "" },
  },
  exchanges: { schema: 1, exchanges: [exchange], requests: 3, dropped: 1 },
};

const actions = Object.keys(controlRequests) as readonly ControlAction[];

/** Between the action and its answer. */
const SEPARATOR = " ";

export class AnswerTarget implements InputTarget<string> {
  readonly name = "control-answer";
  readonly outcomes = new Map<string, number>();

  draw(random: Random): string {
    const action = random.pick(actions);
    return action + SEPARATOR + drawJson(random, [JSON.stringify(answers[action])]);
  }

  judge(input: string): Problem | undefined {
    const at = input.indexOf(SEPARATOR);
    const action = actions.find((name) => name === input.slice(0, at));
    let json: unknown;
    try {
      json = JSON.parse(input.slice(at + 1));
    } catch {
      json = undefined;
    }
    if (action === undefined || !isAnswer(action, json)) {
      count(this.outcomes, "refused");
      return undefined;
    }
    count(this.outcomes, "read");
    try {
      const text = formatAnswer(action, json);
      const wrong = /\bNaN\b|\bundefined\b|\[object|Infinity/.exec(text)?.[0];
      if (wrong !== undefined && !input.includes(wrong)) {
        return { oracle: "shows what is there", detail: text };
      }
      const control = /(?!\n)[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u.exec(text);
      return control ? { oracle: "escapes", detail: JSON.stringify(text) } : undefined;
    } catch (error) {
      return { oracle: "shows what it accepts", detail: String(error) };
    }
  }
}
