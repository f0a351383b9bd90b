/**
 * The control interface of a server, for both of its ends; docs/timecli.schema.json has the same. On the wire
 * keys are in snake_case.
 */
import type { ClockState } from "../clock/sources/timeline/state.ts";
import type { NtsState, ServedClockState, ServerWarning, SourceList } from "./served_state.ts";
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
  exchanges: ["GET", "/exchanges"],
  sources: ["GET", "/sources"],
  access: ["GET", "/access"],
  changeAccess: ["PATCH", "/access"],
  checkAccess: ["GET", "/access/check"],
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
  /** Its replies with the time since the start, by the protocol that was spoken. */
  readonly replies: Readonly<Record<string, number>>;
  /** Its clock, if it has one of its own. */
  readonly clock?: ServedClockState;
  /** Its faults, on a transport that can have them. */
  readonly faults?: FaultsState;
  /** Their random seed. */
  readonly seed?: number;
}

/** The upstream servers. */
export interface SourcesAnswer extends ControlAnswer, SourceList {}

/** The state of a server; the upstream servers are in it if it follows any. */
export interface ServerState extends ControlAnswer, Partial<SourceList> {
  /** The version of timesrv. */
  readonly version: string;
  /** When it was started, by its machine's clock: ISO 8601 in UTC. */
  readonly started: string;
  /** Seconds since then. */
  readonly uptime: number;
  /** The transport in use. */
  readonly transport: "datagram" | "mmsg";
  /** Whether all listeners reply. */
  readonly answering: boolean;
  /** The warnings for an administrator, the worst first. */
  readonly warnings: readonly ServerWarning[];
  /** The clock of all listeners that have none of their own. */
  readonly clock: ServedClockState;
  /** The listeners. */
  readonly listeners: readonly ListenerState[];
  /** Counters since the start, of all listeners. */
  readonly totals: Totals;
  /** NTS, if it is served. */
  readonly nts?: NtsState;
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
  /** The clients, in the requested order. */
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

/** A datagram of a recorded exchange, with the fields of its header if that is of NTP. */
export interface RecordedDatagram {
  /** Its length. */
  readonly octets: number;
  /** Its text, cut to 80 characters, if it is printable. */
  readonly text?: string;
  /** Leap indicator, 0 to 3. */
  readonly leap?: number;
  /** Version number, 0 to 7. */
  readonly version?: number;
  /** Association mode, 0 to 7. */
  readonly mode?: number;
  /** Stratum, 0 to 255. */
  readonly stratum?: number;
  /** Poll interval as a power of two of seconds. */
  readonly poll?: number;
  /** Precision as a power of two of seconds. */
  readonly precision?: number;
  /** Root delay in seconds. */
  readonly rootDelay?: number;
  /** Root dispersion in seconds. */
  readonly rootDispersion?: number;
  /** Reference identifier: 8 hexadecimal digits. */
  readonly referenceId?: string;
  /** Reference timestamp: 16 hexadecimal digits, as all timestamps. */
  readonly referenceTimestamp?: string;
  /** Origin timestamp. */
  readonly originTimestamp?: string;
  /** Receive timestamp. */
  readonly receiveTimestamp?: string;
  /** Transmit timestamp. */
  readonly transmitTimestamp?: string;
}

/** A rule for NTP clients that a request breaks; docs/testing.md explains each. */
export interface Finding {
  /** The name of the rule, such as `after_rate`. */
  readonly rule: string;
  /** A `violation` harms servers or breaks a requirement; `advice` is recommended, or keeps a secret. */
  readonly level: "violation" | "advice";
  /** The fault of the client, in a sentence. */
  readonly text: string;
  /** The document and section of the rule. */
  readonly source: string;
}

/** A request that a server recorded, with its reply and a verdict on the client. */
export interface RecordedExchange {
  /** The number of the request since the start, from 1. */
  readonly number: number;
  /** When it arrived, by the clock of the server's machine: ISO 8601 in UTC. */
  readonly time: string;
  /** The IP address of its sender. */
  readonly address: string;
  /** The port of its sender. */
  readonly port: number;
  /** The URL of the listener. */
  readonly listener: string;
  /** The protocol of the request. */
  readonly protocol: WireProtocol;
  /** The request. */
  readonly request: RecordedDatagram;
  /**
   * Its outcome: the reply with the time, a kiss-o'-death, no reply on purpose, a responder that threw
   * an error, or a reply that was not ready when the server ended.
   */
  readonly outcome: "answered" | "kod" | "refused" | "failed" | "unfinished";
  /** The code of the kiss-o'-death. */
  readonly code?: string;
  /** Why there was no reply. */
  readonly cause?: string;
  /** The faults that changed the reply. */
  readonly faults: readonly string[];
  /** The reply, if there was one. */
  readonly reply?: RecordedDatagram;
  /** The rules that the client broke; none for protocols other than NTP. */
  readonly findings: readonly Finding[];
}

/** The latest exchanges that a server recorded. */
export interface RecordedExchanges {
  /** The exchanges, the earliest first: at most 500. */
  readonly exchanges: readonly RecordedExchange[];
  /** The number of requests since the start. */
  readonly requests: number;
  /** The number of requests that were not recorded, because there were too many in a second. */
  readonly dropped: number;
}

/** The recorded exchanges. */
export interface ExchangesAnswer extends ControlAnswer, RecordedExchanges {}

/** Which clients get replies, and how often: the options of the server as they are now. */
export interface AccessState {
  /** The networks that are allowed; if there are none, all are that no rule denies. */
  readonly allow: readonly string[];
  /** The networks that are denied. */
  readonly deny: readonly string[];
  /** The treatment of denied requests. */
  readonly denyAction: "drop" | "kod";
  /** Requests per second and at once of a client, as `16/s,128`; or `off`. */
  readonly rateLimit: string;
  /** The share of requests beyond the limit that get a KoD RATE. */
  readonly rateKod: number;
  /** The IPv4 prefix length that counts as one client. */
  readonly rateIpv4Prefix: number;
  /** The IPv6 prefix length that counts as one client. */
  readonly rateIpv6Prefix: number;
  /** Whether the limit applies to clients on the server's machine too. */
  readonly limitsThisMachine: boolean;
}

/** The access rules and the rate limit, after a change too. */
export interface AccessAnswer extends ControlAnswer {
  /** The settings now. */
  readonly access: AccessState;
}

/** The verdict of the access rules on requests from an address. */
export interface AccessCheck {
  /** The address. */
  readonly address: string;
  /** Whether it would get a reply with the time, within the rate limit. */
  readonly answered: boolean;
  /** The cause of the refusal, as in `totals`; null without one. */
  readonly cause: "denied" | "source_address" | null;
  /** Whether an NTP request would get a kiss-o'-death (KoD) instead. */
  readonly kod: boolean;
  /** The network of the rule that decides; null without one. */
  readonly rule: string | null;
  /** The reason, as a phrase. */
  readonly reason: string;
}

/** The verdict of a server about an address. */
export interface AccessCheckAnswer extends ControlAnswer {
  /** The verdict. */
  readonly check: AccessCheck;
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
  /** A page of the clients, by `ClientsQuery`. */
  readonly clients: ClientsAnswer;
  /** The recorded exchanges. */
  readonly exchanges: ExchangesAnswer;
  /** The upstream servers. */
  readonly sources: SourcesAnswer;
  /** The access rules and the rate limit. */
  readonly access: AccessAnswer;
  /** The same after a change by `allow`, `deny`, `denyAction`, `rateLimit` and so on. */
  readonly changeAccess: AccessAnswer;
  /** The verdict of the access rules on requests from the address in `query`. */
  readonly checkAccess: AccessCheckAnswer;
  /** The state after everything is as it was at the start. */
  readonly reset: ServerState;
}
