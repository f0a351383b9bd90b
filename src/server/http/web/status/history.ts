/** What happened lately, for the plots of the status page: kept in memory alone, and by a clock that is never set. */

/** How a column adds up several seconds. */
type Merge = "sum" | "max" | "extreme";

/** The values of one second; what is not known is left out. */
export type Row = Readonly<Record<string, number | undefined>>;

/** A history as JSON has it. */
export interface HistoryPart {
  /** Seconds from one row to the next. */
  readonly step: number;
  /** The time of the first row by this machine's clock now, in seconds since 1970. */
  readonly from: number;
  /** The values by column, the oldest first; null where nothing is known. */
  readonly columns: Readonly<Record<string, readonly (number | null)[]>>;
}

/** The spans that can be asked for: seconds per row, and rows. */
const spans = {
  "10m": { step: 1, rows: 600 },
  "4h": { step: 15, rows: 960 },
  "48h": { step: 300, rows: 576 },
} as const;

export type Span = keyof typeof spans;

/** The spans, the shortest first. */
export const historySpans = Object.keys(spans) as Span[];

/** The most columns, which bounds the memory: 17 KB each. */
const MAX_COLUMNS = 32;

class Ring {
  readonly step: number;
  readonly #rows: number;
  readonly #columns = new Map<string, Float64Array>();
  /** The number of the row that is being written, from the start of the history. */
  #row = 0;

  constructor({ step, rows }: { readonly step: number; readonly rows: number }) {
    this.step = step;
    this.#rows = rows;
  }

  add(second: number, values: Row, mergeOf: (column: string) => Merge): void {
    const row = Math.floor(second / this.step);
    this.#forget(row);
    this.#row = row;
    const at = row % this.#rows;
    for (const [name, value] of Object.entries(values)) {
      if (value === undefined) continue;
      const column = this.#columnOf(name);
      if (column !== undefined) column[at] = merge(mergeOf(name), column[at] as number, value);
    }
  }

  /** The rows from the oldest that is known to the current one. */
  list(): { readonly rows: number; readonly columns: HistoryPart["columns"] } {
    const rows = Math.min(this.#row + 1, this.#rows);
    const first = this.#row + 1 - rows;
    const columns = [...this.#columns].map(([name, column]) => {
      const values = Array.from({ length: rows }, (_, i): number | null => {
        const value = column[(first + i) % this.#rows] as number;
        return Number.isNaN(value) ? null : value;
      });
      return [name, values] as const;
    });
    return { rows, columns: Object.fromEntries(columns) };
  }

  /** Clears the rows up to a new one: a machine that slept, or was busy, leaves some out. */
  #forget(row: number): void {
    const skipped = Math.min(row - this.#row, this.#rows);
    for (let i = 0; i < skipped; i++) {
      for (const column of this.#columns.values()) column[(row - i) % this.#rows] = NaN;
    }
  }

  #columnOf(name: string): Float64Array | undefined {
    const column = this.#columns.get(name);
    if (column !== undefined || this.#columns.size >= MAX_COLUMNS) return column;
    const created = new Float64Array(this.#rows).fill(NaN);
    this.#columns.set(name, created);
    return created;
  }
}

function merge(how: Merge, before: number, value: number): number {
  if (Number.isNaN(before)) return value;
  if (how === "sum") return before + value;
  if (how === "max") return Math.max(before, value);
  return Math.abs(value) > Math.abs(before) ? value : before;
}

/** Ten minutes by the second, four hours by 15 s, two days by 5 min. */
export class History {
  readonly #rings = Object.values(spans).map((span) => new Ring(span));
  readonly #mergeOf: (column: string) => Merge;

  /** @param mergeOf How a column adds up several seconds */
  constructor(mergeOf: (column: string) => Merge) {
    this.#mergeOf = mergeOf;
  }

  /**
   * Adds the values of a second.
   *
   * @param second Whole seconds since the history began, by a clock that is never set
   */
  add(second: number, values: Row): void {
    for (const ring of this.#rings) ring.add(second, values, this.#mergeOf);
  }

  /** @param now This machine's time, in seconds since 1970 */
  list(span: Span, now: number): HistoryPart {
    const ring = this.#rings[historySpans.indexOf(span)] as Ring;
    const { rows, columns } = ring.list();
    return { step: ring.step, from: Math.floor(now) - (rows - 1) * ring.step, columns };
  }
}
