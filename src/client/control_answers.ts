/** Checks what a control interface answers: any program may listen there, and a server may be of another version. */
import type { ClockState } from "../clock/sources/timeline/state.ts";
import type { Totals } from "../transports/counters.ts";
import type {
  AccessAnswer,
  AccessCheck,
  AccessCheckAnswer,
  AccessState,
  ClientsAnswer,
  ClientState,
  ClockAnswer,
  ControlAction,
  ExchangesAnswer,
  FaultsAnswer,
  Finding,
  ListenerState,
  RecordedDatagram,
  RecordedExchange,
  ServerState,
  SourcesAnswer,
} from "./control_api.ts";
import type { NtsState, ServedClockState, ServerWarning, SourceState } from "./served_state.ts";

type Check = (value: unknown) => boolean;

const isText: Check = (value) => typeof value === "string";
const isFlag: Check = (value) => typeof value === "boolean";
const isNumber: Check = (value) => Number.isFinite(value);

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function either(...checks: readonly Check[]): Check {
  return (value) => checks.some((check) => check(value));
}

const both = (a: Check, b: Check): Check => (value) => a(value) && b(value);
const optional = (check: Check): Check => either((value) => value === undefined, check);
const nullable = (check: Check): Check => either((value) => value === null, check);

function listOf(check: Check): Check {
  return (value) => Array.isArray(value) && value.every(check);
}

/** Checks the keys of an object, which may have more: a later version adds some. */
function objectOf<Value>(checks: { readonly [Key in keyof Value]-?: Check }): Check {
  const entries = Object.entries<Check>(checks);
  return (value) => isObject(value) && entries.every(([key, check]) => check(value[key]));
}

const isStep = either(
  objectOf<{ by: number; at: string }>({ by: isNumber, at: isText }),
  objectOf<{ by: number; servedAt: string }>({ by: isNumber, servedAt: isText }),
);

const isClock = objectOf<ClockState>({
  now: isText,
  system: isText,
  offset: isNumber,
  rate: isNumber,
  leap: nullable(isText),
  steps: listOf(isStep),
  leapSeconds: listOf(
    objectOf<ClockState["leapSeconds"][number]>({ kind: isText, date: isText }),
  ),
  smear: nullable(
    objectOf<NonNullable<ClockState["smear"]>>({ shape: isText, window: isNumber, by: isNumber }),
  ),
  noise: isNumber,
  warnings: listOf(isText),
});

const isServedClock = both(
  isClock,
  objectOf<Pick<ServedClockState, "simulated" | "status">>({
    simulated: listOf(isText),
    status: objectOf<ServedClockState["status"]>({
      leap: isText,
      stratum: isNumber,
      referenceId: isText,
      rootDelay: nullable(isNumber),
      rootDispersion: nullable(isNumber),
      rootDistance: nullable(isNumber),
      synchronized: isFlag,
      source: isText,
    }),
  }),
);

const isWarning = objectOf<ServerWarning>({
  level: isText,
  kind: isText,
  text: isText,
  since: nullable(isText),
});

const isTotals = objectOf<Totals>({
  received: isNumber,
  answered: isNumber,
  texts: isNumber,
  kisses: isNumber,
  copies: isNumber,
  refused: (value) => isObject(value) && Object.values(value).every(isNumber),
  responderErrors: isNumber,
  receiveErrors: isNumber,
  sendErrors: isNumber,
});

const isListener = objectOf<ListenerState>({
  url: isText,
  protocol: isText,
  hostname: isText,
  port: isNumber,
  totals: isTotals,
  replies: (value) => isObject(value) && Object.values(value).every(isNumber),
  clock: optional(isServedClock),
  faults: optional(isObject),
  seed: optional(isNumber),
});

const sources = {
  discipline: objectOf<SourcesAnswer["discipline"]>({
    state: isText,
    rootDistance: nullable(isNumber),
  }),
  upstreams: listOf(objectOf<SourceState>({
    url: isText,
    address: nullable(isText),
    state: isText,
    stratum: nullable(isNumber),
    offset: nullable(isNumber),
    distance: nullable(isNumber),
    delay: nullable(isNumber),
    jitter: nullable(isNumber),
    poll: isNumber,
    reach: isNumber,
    lastReply: nullable(isNumber),
    requests: isNumber,
    replies: isNumber,
  })),
};

const isNts = objectOf<NtsState>({
  addresses: listOf(isText),
  connections: isNumber,
  keyExchanges: (value) => isObject(value) && Object.values(value).every(isNumber),
  newestKey: isText,
  certificateEnd: isText,
});

const isState = objectOf<ServerState>({
  schema: isNumber,
  version: isText,
  started: isText,
  transport: isText,
  uptime: isNumber,
  answering: isFlag,
  warnings: listOf(isWarning),
  clock: isServedClock,
  listeners: listOf(isListener),
  totals: isTotals,
  discipline: optional(sources.discipline),
  upstreams: optional(sources.upstreams),
  nts: optional(isNts),
});

const isClockAnswer = objectOf<ClockAnswer>({ schema: isNumber, clock: isClock });

const isClient = objectOf<ClientState>({
  address: isText,
  port: isNumber,
  protocol: isText,
  version: nullable(isNumber),
  requests: isNumber,
  answered: isNumber,
  kisses: isNumber,
  denied: isNumber,
  limited: isNumber,
  refused: isNumber,
  rate: isNumber,
  interval: nullable(isNumber),
  firstSeen: isText,
  lastSeen: isText,
});

const [maybeNumber, maybeText] = [optional(isNumber), optional(isText)];

const isDatagram = objectOf<RecordedDatagram>({
  octets: isNumber,
  text: maybeText,
  leap: maybeNumber,
  version: maybeNumber,
  mode: maybeNumber,
  stratum: maybeNumber,
  poll: maybeNumber,
  precision: maybeNumber,
  rootDelay: maybeNumber,
  rootDispersion: maybeNumber,
  referenceId: maybeText,
  referenceTimestamp: maybeText,
  originTimestamp: maybeText,
  receiveTimestamp: maybeText,
  transmitTimestamp: maybeText,
});

const isExchange = objectOf<RecordedExchange>({
  number: isNumber,
  time: isText,
  address: isText,
  port: isNumber,
  listener: isText,
  protocol: isText,
  request: isDatagram,
  outcome: isText,
  code: maybeText,
  cause: maybeText,
  faults: listOf(isText),
  reply: optional(isDatagram),
  findings: listOf(
    objectOf<Finding>({ rule: isText, level: isText, text: isText, source: isText }),
  ),
});

const isAccess = objectOf<AccessAnswer>({
  schema: isNumber,
  access: objectOf<AccessState>({
    allow: listOf(isText),
    deny: listOf(isText),
    denyAction: isText,
    rateLimit: isText,
    rateKod: isNumber,
    rateIpv4Prefix: isNumber,
    rateIpv6Prefix: isNumber,
    limitsThisMachine: isFlag,
  }),
});

const answers: Readonly<Record<ControlAction, Check>> = {
  state: isState,
  scenario: isState,
  reset: isState,
  set: isClockAnswer,
  step: isClockAnswer,
  faults: objectOf<FaultsAnswer>({ schema: isNumber, faults: isObject }),
  exchanges: objectOf<ExchangesAnswer>({
    schema: isNumber,
    exchanges: listOf(isExchange),
    requests: isNumber,
    dropped: isNumber,
  }),
  sources: objectOf<SourcesAnswer>({ schema: isNumber, ...sources }),
  access: isAccess,
  changeAccess: isAccess,
  checkAccess: objectOf<AccessCheckAnswer>({
    schema: isNumber,
    check: objectOf<AccessCheck>({
      address: isText,
      answered: isFlag,
      cause: nullable(isText),
      kod: isFlag,
      rule: nullable(isText),
      reason: isText,
    }),
  }),
  clients: objectOf<ClientsAnswer>({
    schema: isNumber,
    clients: listOf(isClient),
    now: isText,
    total: isNumber,
    capacity: isNumber,
    dropped: isNumber,
    unlisted: isNumber,
  }),
};

/** Whether a value is what the action is answered with. */
export function isAnswer(action: ControlAction, value: unknown): boolean {
  return answers[action](value);
}
