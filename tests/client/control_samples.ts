/** Answers of a control interface, with every key that they may have. */
import type { ControlAction, ControlAnswers, ServerState } from "../../src/client/control_api.ts";
import type { ClockState } from "../../src/clock/sources/timeline/state.ts";
import type { ServedClockState, SourceList } from "../../src/client/served_state.ts";
import { Counters } from "../../src/transports/counters.ts";

const nothing = new Counters().totals();

const clock: ClockState = {
  now: "2038-01-19T03:14:00Z",
  system: "2026-11-28T12:00:00Z",
  offset: 1.5,
  rate: 2,
  leap: "insert",
  steps: [
    { by: 60, at: "2026-11-28T13:00:00Z" },
    { by: -60, servedAt: "2038-01-20T00:00:00Z" },
  ],
  leapSeconds: [{ kind: "insert", date: "2038-06-30" }],
  smear: { shape: "linear", window: 86_400, by: 0.25 },
  noise: 0.001,
  warnings: ["The list of leap seconds expired"],
};

const served: ServedClockState = {
  ...clock,
  simulated: ["offset +1.500 s", "rate 2"],
  status: {
    leap: "insert",
    stratum: 2,
    referenceId: "192.0.2.1",
    rootDelay: 0.004,
    rootDispersion: 0.001,
    rootDistance: 0.003,
    synchronized: true,
    source: "given",
  },
};

const sources: SourceList = {
  discipline: { state: "synchronized", rootDistance: 0.0123 },
  upstreams: [
    {
      ...{ url: "ntp://a.example", address: "192.0.2.1", state: "selected", stratum: 1 },
      ...{ offset: 0.000_012, distance: 0.003, delay: 0.004, jitter: 0.000_009 },
      ...{ poll: 6, reach: 0o377, lastReply: 12.7, requests: 80, replies: 79 },
    },
    {
      ...{ url: "ntp://[2001:db8::1]", address: "2001:db8::1", state: "falseticker", stratum: 2 },
      ...{ offset: -0.08, distance: 0.004, delay: 0.005, jitter: 0.000_1 },
      ...{ poll: 10, reach: 0o13, lastReply: 3960, requests: 40, replies: 21 },
    },
    {
      ...{ url: "ntp://c.example", address: null, state: "silent", stratum: null },
      ...{ offset: null, distance: null, delay: null, jitter: null },
      ...{ poll: 0, reach: 0, lastReply: null, requests: 9, replies: 0 },
    },
  ],
};

const state: ServerState = {
  schema: 1,
  version: "1.0.0",
  started: "2026-11-28T11:00:00.000Z",
  transport: "datagram",
  uptime: 3600.5,
  answering: true,
  warnings: [
    {
      ...{ level: "simulated", kind: "simulated", text: "A simulated clock is served: rate 2." },
      since: "2026-11-28T11:00:00.000Z",
    },
    { level: "warn", kind: "faults", text: "It has faults on purpose: drop=0.5.", since: null },
  ],
  clock: served,
  listeners: [
    {
      url: "ntp://127.0.0.1:123",
      protocol: "ntp",
      hostname: "127.0.0.1",
      port: 123,
      totals: {
        ...nothing,
        received: 8,
        answered: 4,
        kisses: 1,
        refused: { ...nothing.refused, denied: 3 },
      },
      replies: { ntp: 4 },
      clock: {
        ...served,
        leap: null,
        smear: null,
        steps: [],
        leapSeconds: [],
        warnings: [],
        noise: 0,
      },
      faults: { drop: 0.5 },
      seed: 7,
    },
    {
      url: "time://127.0.0.1:37",
      protocol: "time",
      hostname: "127.0.0.1",
      port: 37,
      totals: nothing,
      replies: { time: 0 },
    },
  ],
  totals: { ...nothing, received: 12, answered: 9 },
  nts: {
    addresses: ["127.0.0.1:4460", "[::1]:4460"],
    connections: 1,
    keyExchanges: {
      ...{ answered: 2, nothing_in_common: 0, bad_request: 0, failed: 3 },
      ...{ timed_out: 1, denied: 0, rate_limited: 0, overload: 0 },
    },
    newestKey: "2026-11-28T11:00:00.000Z",
    certificateEnd: "2027-02-26T11:00:00Z",
  },
  ...sources,
};

const seen = {
  port: 1000,
  firstSeen: "2026-11-28T11:00:00.000Z",
  lastSeen: "2026-11-28T11:59:30.000Z",
} as const;

const access = {
  allow: [],
  deny: ["192.0.2.0/24"],
  denyAction: "kod",
  rateLimit: "16/s,128",
  rateKod: 0.5,
  rateIpv4Prefix: 32,
  rateIpv6Prefix: 64,
  limitsThisMachine: false,
} as const;

export const samples: { readonly [Action in ControlAction]: ControlAnswers[Action] } = {
  state,
  scenario: state,
  reset: state,
  set: { schema: 1, clock },
  step: { schema: 1, clock },
  faults: { schema: 1, faults: { drop: 0.5, kiss: [{ code: "RATE" }] } },
  access: { schema: 1, access },
  changeAccess: { schema: 1, access },
  checkAccess: {
    schema: 1,
    check: {
      address: "192.0.2.7",
      answered: false,
      cause: "denied",
      kod: true,
      rule: "192.0.2.0/24",
      reason: "denied by 192.0.2.0/24",
    },
  },
  sources: { schema: 1, ...sources },
  exchanges: {
    schema: 1,
    exchanges: [{
      number: 1,
      time: "2026-11-28T12:00:00.000001Z",
      address: "2001:db8::1",
      port: 1000,
      listener: "ntp://127.0.0.1:123",
      protocol: "ntp",
      request: { octets: 48, version: 4, mode: 3, transmitTimestamp: "0123456789abcdef" },
      outcome: "kod",
      code: "RATE",
      faults: ["kiss"],
      reply: { octets: 48, stratum: 0 },
      findings: [{
        rule: "fast_poll",
        level: "violation",
        text: "asked again after 1 s",
        source: "RFC 4330 §10",
      }],
    }, {
      number: 2,
      time: "2026-11-28T12:00:01Z",
      address: "192.0.2.1",
      port: 1001,
      listener: "asctime://127.0.0.1:8888",
      protocol: "asctime",
      request: { octets: 5, text: "hello" },
      outcome: "refused",
      cause: "denied",
      faults: [],
      findings: [],
    }],
    requests: 5,
    dropped: 1,
  },
  clients: {
    schema: 1,
    clients: [
      {
        ...{ address: "192.0.2.1", protocol: "ntp", version: 4, rate: 0, interval: 321.818182 },
        ...{
          requests: 1212,
          answered: 1200,
          kisses: 1,
          denied: 2,
          limited: 3,
          refused: 6,
          ...seen,
        },
      },
      {
        ...{
          address: "2001:db8::1",
          protocol: "asctime",
          version: null,
          rate: 1500,
          interval: null,
        },
        ...{ requests: 1, answered: 1, kisses: 0, denied: 0, limited: 0, refused: 0, ...seen },
      },
    ],
    now: "2026-11-28T12:00:00.000Z",
    total: 4,
    capacity: 65_536,
    dropped: 2,
    unlisted: 4,
  },
};

/** All values within a value, each with its path and a copy of the whole that has another one there. */
export function* variants(
  whole: unknown,
  others: (value: unknown) => readonly unknown[],
  path = "",
): Generator<readonly [path: string, other: unknown, whole: unknown]> {
  for (const other of others(whole)) yield [path, other, other];
  if (typeof whole !== "object" || whole === null) return;
  for (const [key, value] of Object.entries(whole)) {
    for (const [at, other, changed] of variants(value, others, `${path}.${key}`)) {
      if (Array.isArray(whole)) yield [at, other, whole.with(Number(key), changed)];
      else yield [at, other, { ...whole, [key]: changed }];
    }
  }
}

export const CONTROL_ACTIONS = Object.keys(samples) as readonly ControlAction[];
