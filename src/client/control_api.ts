/**
 * The control interface of a server, for both of its ends; docs/timecli.schema.json has the same. On the wire
 * keys are in snake_case.
 */
import type { ClockState } from "../clock/sources/timeline/state.ts";
import type { Protocol, WireProtocol } from "../protocols/registry.ts";
import type { Totals } from "../transports/counters.ts";

/** The version of that schema; it changes when a key is renamed, removed or gets another meaning. */
export const CONTROL_SCHEMA = 1;

/** The method and path of each action. */
export const controlRequests = {
  state: ["GET", "/state"],
  set: ["PATCH", "/clock"],
  step: ["POST", "/clock"],
  faults: ["PUT", "/faults"],
  scenario: ["POST", "/scenario"],
  clients: ["GET", "/clients"],
  reset: ["POST", "/reset"],
} as const satisfies Record<ControlAction, readonly [string, string]>;

/** An action of a control interface. */
export type ControlAction = keyof ControlAnswers;

/** The keys that every reply has. */
export interface ControlAnswer {
  /** The version of docs/timecli.schema.json. */
  readonly schema: number;
}

/** The configured faults of a listener. */
export type FaultsState = Readonly<Record<string, unknown>>;

/** A listener of a server. */
export interface ListenerState {
  /** Its URL, which selects it alone. */
  readonly url: string;
  /** The protocol spoken there. */
  readonly protocol: Protocol;
  /** The address listened on. */
  readonly hostname: string;
  /** The UDP port. */
  readonly port: number;
  /** Its counters since the start. */
  readonly totals: Totals;
  /** Its clock, if it has one of its own. */
  readonly clock?: ClockState;
  /** Its faults, on a transport that can have them. */
  readonly faults?: FaultsState;
  /** Their random seed. */
  readonly seed?: number;
}

/** The state of a server. */
export interface ServerState extends ControlAnswer {
  /** The version of timesrv. */
  readonly version: string;
  /** When it was started, by its machine's clock: ISO 8601 in UTC. */
  readonly started: string;
  /** The transport in use. */
  readonly transport: "datagram" | "mmsg";
  /** Whether all listeners reply. */
  readonly answering: boolean;
  /** The clock of all listeners that have none of their own. */
  readonly clock: ClockState;
  /** The listeners. */
  readonly listeners: readonly ListenerState[];
  /** Counters since the start, of all listeners. */
  readonly totals: Totals;
}

/** A clock after a change. */
export interface ClockAnswer extends ControlAnswer {
  /** Its state now. */
  readonly clock: ClockState;
}

/** Faults after a change. */
export interface FaultsAnswer extends ControlAnswer {
  /** The faults that are set now. */
  readonly faults: FaultsState;
}

/** A client of a server, by its address; each of its requests is in one of the counts. */
export interface ClientState {
  /** An IP address; of IPv6 link-local ones without the zone. */
  readonly address: string;
  /** The port of its last request. */
  readonly port: number;
  /** The protocol of its last request: to an `auto` listener `ntp` or `asctime`. */
  readonly protocol: WireProtocol;
  /** The NTP version of its last request; null if that was no NTP packet. */
  readonly version: number | null;
  /** Its requests, which are the sum of the other counts and of failed replies. */
  readonly requests: number;
  /** Those that got a reply with the time. */
  readonly answered: number;
  /** Those that got a kiss-o'-death (KoD). */
  readonly kisses: number;
  /** Those that were dropped because the access rules deny the client. */
  readonly denied: number;
  /** Those that were dropped because the client exceeded the rate limit. */
  readonly limited: number;
  /** Those that were refused for any other cause. */
  readonly refused: number;
  /** Requests per second within the last 10 s. */
  readonly rate: number;
  /** The mean interval of its requests in seconds; null with fewer than two. */
  readonly interval: number | null;
  /** The time of its first request by the clock of the server's machine: ISO 8601 in UTC. */
  readonly firstSeen: string;
  /** The time of its last request, likewise. */
  readonly lastSeen: string;
}

/** A page of the clients of a server. */
export interface ClientList {
  /** The clients, in the order that was asked for. */
  readonly clients: readonly ClientState[];
  /** The time of the list by the clock of the server's machine: ISO 8601 in UTC. */
  readonly now: string;
  /** The number of all clients in the table. */
  readonly total: number;
  /** The number of clients that the table has room for; 0 if none are counted. */
  readonly capacity: number;
  /** The number of clients that made room for others, each seen longest ago. */
  readonly dropped: number;
  /** The number of requests of those, which are missing from the list. */
  readonly unlisted: number;
}

/** The clients. */
export interface ClientsAnswer extends ControlAnswer, ClientList {}

/** The reply to each action. */
export interface ControlAnswers {
  /** The state. */
  readonly state: ServerState;
  /** The clock after a change by `ClockOptions`. */
  readonly set: ClockAnswer;
  /** The clock after `{ step }`. */
  readonly step: ClockAnswer;
  /** The faults after a change by `FaultsOptions`. */
  readonly faults: FaultsAnswer;
  /** The state after a restart in a scenario: `{ name }`, or a whole `Scenario`. */
  readonly scenario: ServerState;
  /** A page of the clients, by `ClientsQuery`. */
  readonly clients: ClientsAnswer;
  /** The state after everything is as it was at the start. */
  readonly reset: ServerState;
}
