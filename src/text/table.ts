import { shortenMiddle } from "./printable.ts";

/** Aligns the cells of rows in columns, two spaces apart; the last cell of a row may be longer than its column. */
export function layOutTable(rows: readonly (readonly string[])[]): string {
  const widths = widthsOf(rows);
  return rows
    .map((row) => row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join(GAP).trimEnd())
    .join("\n");
}

const GAP = "  ";

function widthsOf(rows: readonly (readonly string[])[]): number[] {
  const columns = Math.max(...rows.map((row) => row.length));
  return Array.from(
    { length: columns },
    // The last cell of a shorter row is a message, which must not widen its column.
    (_, i) => Math.max(...rows.map((row) => i < row.length - 1 ? (row[i] ?? "").length : 0)),
  );
}

export interface TableFit {
  readonly width: number;
  /** The heads of the columns to drop, in this order; never the first two. */
  readonly expendable: readonly string[];
}

/** Heads that are wider than their cells. */
const shortHeads: Readonly<Record<string, string>> = {
  STRATUM: "ST",
  REFERENCE: "REFID",
};

/** A name keeps this many characters while columns can be dropped instead: shorter URLs look alike. */
const ENOUGH_NAME_WIDTH = 24;
const MIN_NAME_WIDTH = 8;

/**
 * Fits a table to a terminal with shorter heads, names shortened in the middle, and fewer columns, each
 * only if needed. A row of two cells holds a message, which may be longer.
 */
export function fitTable(
  rows: readonly (readonly string[])[],
  { width, expendable }: TableFit,
): string {
  if (measureTable(rows) <= width) return layOutTable(rows);
  const [head = [], ...others] = rows;
  let shown = [head.map((name) => shortHeads[name] ?? name), ...others];
  const longest = Math.max(...shown.map(([name = ""]) => name.length));
  const left = expendable.map((name) => shortHeads[name] ?? name);
  while (true) {
    const room = width - (measureTable(shown) - longest);
    const column = left.shift();
    if (room >= Math.min(longest, ENOUGH_NAME_WIDTH) || column === undefined) {
      const nameWidth = Math.max(room, MIN_NAME_WIDTH);
      return layOutTable(
        shown.map(([name = "", ...others]) => [shortenMiddle(name, nameWidth), ...others]),
      );
    }
    const dropped = shown[0]?.indexOf(column) ?? -1;
    if (dropped >= 0) shown = shown.map((row) => row.filter((_, i) => i !== dropped));
  }
}

/** Measures the rows that have all columns. */
export function measureTable(rows: readonly (readonly string[])[]): number {
  const widths = widthsOf(rows);
  const last = Math.max(
    ...rows.map((row) => row.length === widths.length ? (row.at(-1) ?? "").length : 0),
  );
  return widths.slice(0, -1).reduce((sum, column) => sum + column + GAP.length, 0) + last;
}
