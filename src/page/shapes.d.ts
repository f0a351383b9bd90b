/** What the page reads: /state, /clients, /history and /events. */

export type Level = "bad" | "simulated" | "warn";

export interface Warning {
  level: Level;
  kind: string;
  text: string;
  /** ISO 8601. */
  since?: string | null;
}

export interface ClockStatus {
  leap: "none" | "insert" | "delete" | "unsynchronized";
  stratum: number;
  reference_id: string;
  /** Null while the clock is not synchronised, as the next two. */
  root_delay: number | null;
  root_dispersion: number | null;
  root_distance: number | null;
  synchronized: boolean;
  source: string;
}

export interface ClockState {
  now: string;
  system: string;
  /** Seconds ahead of the system time. */
  offset: number;
  rate: number;
  leap_seconds: { kind: string; date: string }[];
  smear: { shape: string; by: number } | null;
  status?: ClockStatus;
  simulated?: string[];
}

export interface Listener {
  url: string;
  protocol: string;
  clock?: ClockState;
  faults?: Record<string, unknown>;
}

export interface Upstream {
  url: string;
  address: string | null;
  state: string;
  stratum: number | null;
  offset: number | null;
  distance: number | null;
  delay: number | null;
  reach: number;
  last_reply: number | null;
}

/** The key exchange of NTS. */
export interface Nts {
  addresses: string[];
  connections: number;
  /** Since the start, by outcome. */
  key_exchanges: Record<string, number>;
  /** ISO 8601. */
  certificate_end: string;
}

export interface State {
  version: string;
  started: string;
  uptime?: number;
  clock: ClockState;
  listeners: Listener[];
  upstreams?: Upstream[];
  discipline?: { state: string; root_distance: number | null };
  warnings?: Warning[];
  nts?: Nts;
}

/** The counts of one second. */
export interface Tick {
  /** Seconds since 1970 by the server's machine. */
  t: number;
  /** The served time in milliseconds since 1970. */
  time: number;
  /** Served time minus that of the server's machine, in seconds. */
  offset: number;
  received: number;
  replies: Record<string, number>;
  refused: Record<string, number>;
  errors: number;
  clients: number;
  bound: number | null;
  listeners?: [replies: number, refused: number][];
  /** Key exchanges of NTS by outcome; those without one are left out. */
  key_exchanges?: Record<string, number>;
  upstreams?: Record<string, [offset: number | null, distance: number | null]>;
}

export interface Client {
  address: string;
  protocol: string;
  version: number | null;
  requests: number;
  limited: number;
  denied: number;
  rate: number;
  interval: number | null;
  last_seen: string;
}

export interface Clients {
  clients: Client[];
  now: string;
  total: number;
}

export interface News {
  at: string;
  level: string;
  text: string;
}

export interface History {
  step: number;
  from: number;
  columns: Record<string, (number | null)[]>;
}
