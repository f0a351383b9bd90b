/** A call of the control interface, and the server that it concerns. */
import type { ClientsQuery } from "../../client/clients_query.ts";
import type { ClientList, ControlAnswers, RecordedExchanges } from "../../client/control_api.ts";
import type { ServedTime } from "../../clock/served_time.ts";
import type { Endpoint } from "../../protocols/endpoint.ts";
import type { Totals } from "../../transports/counters.ts";
import type { Faults } from "../faults/faults.ts";
import type { FaultsOptions } from "../faults/options.ts";
import type { GuardControl } from "../guard/guard_control.ts";
import type { NtsServer } from "../nts/nts_server.ts";
import type { Upstreams } from "../upstreams/upstreams.ts";

export interface ControlledListener extends Endpoint {
  readonly url: string;
  /** Its clock: the server's, or one that its URL configures. */
  readonly time: ServedTime;
  readonly totals: () => Totals;
  /** Its faults, if the transport can have any. */
  readonly faults?: Faults | undefined;
  readonly atStart: { readonly faults: FaultsOptions; readonly seed?: number | undefined };
  /** Faults and seed that its URL configures. */
  readonly own: { readonly faults?: FaultsOptions | undefined; readonly seed?: number | undefined };
}

export interface ControlledServer {
  readonly transport: "datagram" | "mmsg";
  readonly isAnswering: () => boolean;
  readonly totals: () => Totals;
  /** When it was started. */
  readonly started: Temporal.Instant;
  /** The number of clients seen in the last five minutes. */
  readonly recentClients: () => number;
  readonly clients: (query: ClientsQuery) => Promise<ClientList>;
  /** Access rules and rate limit. */
  readonly guard: GuardControl;
  /** The clock of all listeners without one of their own. */
  readonly time: ServedTime;
  readonly listeners: readonly ControlledListener[];
  /** Lists the recorded exchanges, of one listener or of all, if they are recorded. */
  readonly exchanges?: ((listener?: string) => RecordedExchanges) | undefined;
  /** The upstream servers, if it follows any. */
  readonly following?: Pick<Upstreams, "list" | "discipline"> | undefined;
  /** NTS, if it is served. */
  readonly nts?: Pick<NtsServer, "report"> | undefined;
}

export interface Call {
  readonly subject: ControlledServer;
  /** The URL of the listener to apply it to; all listeners without it. */
  readonly listener?: string | undefined;
  readonly parameters: URLSearchParams;
  readonly json: () => Promise<unknown>;
  readonly nothing: () => Promise<void>;
}

/** The body of a response, without the version of the schema. */
export type Body<Action extends keyof ControlAnswers> = Omit<ControlAnswers[Action], "schema">;

/** Carries a request out, and returns the body of the response. */
export type Route = (
  call: Call,
) => Body<keyof ControlAnswers> | Promise<Body<keyof ControlAnswers>>;
