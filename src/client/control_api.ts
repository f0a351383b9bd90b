/** What the control interface of a server says, as docs/timecli.schema.json describes it. */
import type { ClockState } from "../clock/sources/timeline/state.ts";
import type { Protocol } from "../protocols/registry.ts";
import type { Totals } from "../transports/counters.ts";

/** What every answer has. */
export interface ControlAnswer {
  /** The version of docs/timecli.schema.json that it is by. */
  readonly schema: number;
}

/** Faults as they were asked for. */
export type AskedFaults = Readonly<Record<string, unknown>>;

/** A listener of a server. */
export interface ListenerState {
  /** Its URL, by which it is meant alone. */
  readonly url: string;
  /** The protocol spoken there. */
  readonly protocol: Protocol;
  /** The address listened on. */
  readonly hostname: string;
  /** The UDP port. */
  readonly port: number;
  /** Its clock, if it has one of its own. */
  readonly clock?: ClockState;
  /** What goes wrong there on purpose, where that can be. */
  readonly faults?: AskedFaults;
  /** What the chance of these goes by. */
  readonly seed?: number;
}

/** What a server is, does and has done. */
export interface ServerState extends ControlAnswer {
  /** How datagrams are moved. */
  readonly transport: "datagram" | "mmsg";
  /** Whether all of it answers. */
  readonly answering: boolean;
  /** The clock that is served, but for listeners with one of their own. */
  readonly clock: ClockState;
  /** Every address listened on. */
  readonly listeners: readonly ListenerState[];
  /** What the server has done so far. */
  readonly totals: Totals;
}

/** A clock after a change. */
export interface ClockAnswer extends ControlAnswer {
  /** What it does from now on. */
  readonly clock: ClockState;
}

/** Faults after a change. */
export interface FaultsAnswer extends ControlAnswer {
  /** What goes wrong from now on. */
  readonly faults: AskedFaults;
}

/** Somebody who was answered lately. */
export interface ClientState {
  /** An IP address. */
  readonly address: string;
  /** The port it asked from last. */
  readonly port: number;
  /** How often it was seen to ask, since it is on the list. */
  readonly requests: number;
  /** When it was seen last, by the server's machine: ISO 8601 in UTC. */
  readonly lastSeen: string;
  /** The protocol of the listener that it asked last. */
  readonly protocol: Protocol;
}

/** Who asked lately. */
export interface ClientsAnswer extends ControlAnswer {
  /** Those who were answered, the latest first. */
  readonly clients: readonly ClientState[];
  /** How many requests the list has not heard of. */
  readonly untold: number;
}

/** What is said to each thing that can be asked. */
export interface ControlAnswers {
  /** What the server is, does and has done. */
  readonly state: ServerState;
  /** The clock, changed by `ClockOptions`. */
  readonly set: ClockAnswer;
  /** The clock, stepped by `{ step }`. */
  readonly step: ClockAnswer;
  /** What goes wrong, changed to `FaultsOptions`. */
  readonly faults: FaultsAnswer;
  /** All of it, begun anew in a scenario: `{ name }`, or a whole `Scenario`. */
  readonly scenario: ServerState;
  /** Who asked lately. */
  readonly clients: ClientsAnswer;
  /** All of it, begun anew as at the start. */
  readonly reset: ServerState;
}
