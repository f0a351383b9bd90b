/** What a path of the HTTP interface is: a part, a right and what carries out each method. */
import type { ControlledServer } from "../call.ts";
import type { HttpPart } from "../options.ts";
import type { WebGate } from "./web_gate.ts";
import type { Dashboard } from "./status/dashboard.ts";
import type { WebFigures } from "./metrics/metric.ts";
import type { HttpRequest, HttpResponse } from "../../../http/message.ts";

export interface WebCall {
  readonly request: HttpRequest;
  readonly subject: ControlledServer;
  readonly parameters: URLSearchParams;
  /**
   * Admits another request over the same connection, which is a WebSocket.
   *
   * @throws {HttpError} If access rules deny the client now, or it sends too many requests
   */
  readonly admit: () => void;
  /** Whether the client still may look, for what goes on: its session may end, and access rules may change. */
  readonly isAdmitted: () => boolean;
  /** Opens and ends the sessions of browsers. */
  readonly gate: WebGate;
  /** What watches the server for its status page, where that part is served. */
  readonly dashboard: () => Dashboard;
  /** Whether clients are shown by their addresses; otherwise by their networks. */
  readonly seesAddresses: boolean;
  readonly figures: WebFigures;
}

/** @throws {HttpError} If a parameter or the body is wrong */
export type Respond = (call: WebCall) => HttpResponse | Promise<HttpResponse>;

export type Method = "GET" | "POST" | "DELETE";

export interface WebRoute {
  readonly part: HttpPart;
  /** Whether it is for all clients, pages of other sites included; otherwise for those that may look at the server. */
  readonly isPublic: boolean;
  /** Whether it is for forms of the server's own pages, which it checks itself. */
  readonly isForm?: boolean;
  /** The parameters of its URL. */
  readonly parameters: readonly string[];
  /** What carries out each method; GET also HEAD, without the body. */
  readonly methods: Readonly<Partial<Record<Method, Respond>>>;
}

export type WebRoutes = Readonly<Record<string, WebRoute>>;
