/** A metric of the server, and where its samples come from. */
import type { HttpListener } from "../../../../http/listener.ts";
import type { Metric, Sample } from "../../../../text/exposition.ts";
import type { ControlledServer } from "../../call.ts";

/** The HTTP interface, as its metrics show it. */
export interface WebFigures {
  readonly requests: RequestCounts;
  readonly connections: HttpListener["connections"];
}

/** What metrics show that is not of the server itself. */
interface ProcessFigures extends WebFigures {
  /** The CPU time of all threads. */
  readonly cpuSeconds: number;
}

/** Returns the samples of a metric now, in an order that does not change. */
export type Sampler = (server: ControlledServer, process: ProcessFigures) => readonly Sample[];

export interface ServerMetric extends Metric {
  readonly samples: Sampler;
}

/** Samples, and the names of the labels that each of them has. */
export type Samples = Pick<ServerMetric, "labels" | "samples">;

export function gauge(name: string, help: string, of: Samples): ServerMetric {
  return { name, type: "gauge", help, ...of };
}

export function counter(name: string, help: string, of: Samples): ServerMetric {
  return { name, type: "counter", help, ...of };
}

/** Codes of their own would be hundreds of series, or series that are not there from the start. */
const classes = ["2xx", "3xx", "4xx", "5xx"] as const;

/** The label of all paths that are not in the list: clients choose those. */
const OTHER = "other";

/** The requests of an interface over HTTP so far, by path and class of the status code. */
export class RequestCounts {
  readonly #counts: ReadonlyMap<string, Float64Array>;

  /** @param paths The paths that have counts of their own */
  constructor(paths: readonly string[]) {
    this.#counts = new Map(
      [...paths, OTHER].map((path) => [path, new Float64Array(classes.length)]),
    );
  }

  count(path: string, status: number): void {
    const counts = (this.#counts.get(path) ?? this.#counts.get(OTHER)) as Float64Array;
    // An upgrade of the connection has succeeded too.
    const index = Math.max(0, Math.floor(status / 100) - 2);
    counts[index] = (counts[index] as number) + 1;
  }

  samples(): readonly Sample[] {
    return [...this.#counts].flatMap(([path, counts]) =>
      classes.map((name, i): Sample => [[path, name], counts[i] as number])
    );
  }
}
