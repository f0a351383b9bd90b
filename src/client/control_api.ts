/**
 * The control interface of a server, for both of its ends; docs/timecli.schema.json has the same. On the wire
 * keys are in snake_case.
 */
import type { ClockState } from "../clock/sources/timeline/state.ts";
import type { Protocol } from "../protocols/registry.ts";
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
  /** Its clock, if it has one of its own. */
  readonly clock?: ClockState;
  /** Its faults, on a transport that can have them. */
  readonly faults?: FaultsState;
  /** Their random seed. */
  readonly seed?: number;
}

/** The state of a server. */
export interface ServerState extends ControlAnswer {
  /** The transport in use. */
  readonly transport: "datagram" | "mmsg";
  /** Whether all listeners reply. */
  readonly answering: boolean;
  /** The clock of all listeners that have none of their own. */
  readonly clock: ClockState;
  /** The listeners. */
  readonly listeners: readonly ListenerState[];
  /** Counters since the start. */
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

/** A recent client. */
export interface ClientState {
  /** An IP address. */
  readonly address: string;
  /** The port of its last request. */
  readonly port: number;
  /** Its requests since it was added to the list. */
  readonly requests: number;
  /** The time of its last request by the clock of the server's machine: ISO 8601 in UTC. */
  readonly lastSeen: string;
  /** The protocol of the listener of its last request. */
  readonly protocol: Protocol;
}

/** The recent clients. */
export interface ClientsAnswer extends ControlAnswer {
  /** The clients, the latest first. */
  readonly clients: readonly ClientState[];
  /** The number of requests that are missing from the list. */
  readonly untold: number;
}

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
  /** The recent clients. */
  readonly clients: ClientsAnswer;
  /** The state after everything is as it was at the start. */
  readonly reset: ServerState;
}
