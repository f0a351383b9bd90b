/** A metric of the server, and where its samples come from. */
import type { HttpListener } from "../../../../http/listener.ts";
import type { Metric, Sample } from "../../../../text/exposition.ts";
import type { ControlledServer } from "../../call.ts";
import type { RequestCounts } from "./request_counts.ts";

/** The HTTP interface, as its metrics show it. */
export interface WebFigures {
  readonly requests: RequestCounts;
  readonly connections: HttpListener["connections"];
}

/** What metrics show that is not of the server itself. */
export interface ProcessFigures extends WebFigures {
  /** The CPU time of all threads. */
  readonly cpuSeconds: number;
}

/** Returns the samples of a metric now, in an order that does not change. */
export type Sampler = (server: ControlledServer, process: ProcessFigures) => readonly Sample[];

export interface ServerMetric extends Metric {
  readonly samples: Sampler;
}
