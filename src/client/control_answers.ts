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

/** The same check of several keys. */
function each<Key extends string>(check: Check, ...keys: readonly Key[]): Record<Key, Check> {
  return Object.fromEntries(keys.map((key) => [key, check])) as Record<Key, Check>;
}

const texts = <Key extends string>(...keys: Key[]): Record<Key, Check> => each(isText, ...keys);
const numbers = <Key extends string>(...keys: Key[]): Record<Key, Check> => each(isNumber, ...keys);

const isCounts: Check = (value) => isObject(value) && Object.values(value).every(isNumber);

const isClock = objectOf<ClockState>({
  ...texts("now", "system"),
  ...numbers("offset", "rate", "noise"),
  leap: nullable(isText),
  steps: listOf(either(
    objectOf<{ by: number; at: string }>({ by: isNumber, at: isText }),
    objectOf<{ by: number; servedAt: string }>({ by: isNumber, servedAt: isText }),
  )),
  leapSeconds: listOf(objectOf<ClockState["leapSeconds"][number]>(texts("kind", "date"))),
  smear: nullable(objectOf<NonNullable<ClockState["smear"]>>({
    ...{ shape: isText, window: isNumber, by: isNumber },
  })),
  warnings: listOf(isText),
});

const isServedClock = both(
  isClock,
  objectOf<Pick<ServedClockState, "simulated" | "status">>({
    simulated: listOf(isText),
    status: objectOf<ServedClockState["status"]>({
      ...texts("leap", "referenceId", "source"),
      stratum: isNumber,
      ...each(nullable(isNumber), "rootDelay", "rootDispersion", "rootDistance"),
      synchronized: isFlag,
    }),
  }),
);

const isTotals = objectOf<Totals>({
  ...numbers("received", "answered", "texts", "kisses", "copies"),
  ...numbers("responderErrors", "receiveErrors", "sendErrors"),
  refused: isCounts,
});

const isListener = objectOf<ListenerState>({
  ...texts("url", "protocol", "hostname"),
  port: isNumber,
  totals: isTotals,
  replies: isCounts,
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
    ...texts("url", "state"),
    address: nullable(isText),
    ...numbers("poll", "reach", "requests", "replies"),
    ...each(nullable(isNumber), "stratum", "offset", "distance", "delay", "jitter", "lastReply"),
  })),
};

const isState = objectOf<ServerState>({
  ...numbers("schema", "uptime"),
  ...texts("version", "started", "transport"),
  answering: isFlag,
  warnings: listOf(
    objectOf<ServerWarning>({ ...texts("level", "kind", "text"), since: nullable(isText) }),
  ),
  clock: isServedClock,
  listeners: listOf(isListener),
  totals: isTotals,
  discipline: optional(sources.discipline),
  upstreams: optional(sources.upstreams),
  nts: optional(objectOf<NtsState>({
    addresses: listOf(isText),
    connections: isNumber,
    keyExchanges: isCounts,
    ...texts("newestKey", "certificateEnd"),
  })),
});

const isClockAnswer = objectOf<ClockAnswer>({ schema: isNumber, clock: isClock });

const isClient = objectOf<ClientState>({
  ...texts("address", "protocol", "firstSeen", "lastSeen"),
  ...numbers("port", "requests", "answered", "kisses", "denied", "limited", "refused", "rate"),
  ...each(nullable(isNumber), "version", "interval"),
});

const isDatagram = objectOf<RecordedDatagram>({
  octets: isNumber,
  ...each(optional(isText), "text", "referenceId", "referenceTimestamp", "originTimestamp"),
  ...each(optional(isText), "receiveTimestamp", "transmitTimestamp"),
  ...each(optional(isNumber), "leap", "version", "mode", "stratum", "poll", "precision"),
  ...each(optional(isNumber), "rootDelay", "rootDispersion"),
});

const isExchange = objectOf<RecordedExchange>({
  ...numbers("number", "port"),
  ...texts("time", "address", "listener", "protocol", "outcome"),
  ...each(optional(isText), "code", "cause"),
  request: isDatagram,
  reply: optional(isDatagram),
  faults: listOf(isText),
  findings: listOf(objectOf<Finding>(texts("rule", "level", "text", "source"))),
});

const isAccess = objectOf<AccessAnswer>({
  schema: isNumber,
  access: objectOf<AccessState>({
    ...each(listOf(isText), "allow", "deny"),
    ...texts("denyAction", "rateLimit"),
    ...numbers("rateKod", "rateIpv4Prefix", "rateIpv6Prefix"),
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
    ...numbers("schema", "requests", "dropped"),
    exchanges: listOf(isExchange),
  }),
  sources: objectOf<SourcesAnswer>({ schema: isNumber, ...sources }),
  access: isAccess,
  changeAccess: isAccess,
  checkAccess: objectOf<AccessCheckAnswer>({
    schema: isNumber,
    check: objectOf<AccessCheck>({
      ...texts("address", "reason"),
      ...each(isFlag, "answered", "kod"),
      ...each(nullable(isText), "cause", "rule"),
    }),
  }),
  clients: objectOf<ClientsAnswer>({
    ...numbers("schema", "total", "capacity", "dropped", "unlisted"),
    clients: listOf(isClient),
    now: isText,
  }),
};

/** Whether a value is what the action is answered with. */
export function isAnswer(action: ControlAction, value: unknown): boolean {
  return answers[action](value);
}
