/** The requests of an interface over HTTP so far, by path and class of the status code. */
import type { Sample } from "../../../../text/exposition.ts";

/** Codes of their own would be hundreds of series, or series that are not there from the start. */
const classes = ["2xx", "3xx", "4xx", "5xx"] as const;

/** The label of all paths that are not in the list: clients choose those. */
const OTHER = "other";

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
