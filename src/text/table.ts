/** Rows of cells in columns as wide as need be; what follows the last column may be longer. */
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
    // A row that is cut short says something in words, which is not to widen a column.
    (_, i) => Math.max(...rows.map((row) => i < row.length - 1 ? (row[i] ?? "").length : 0)),
  );
}

/** How wide a table may be, and what it may do without. */
export interface TableFit {
  /** How many characters a line may have. */
  readonly width: number;
  /** Heads of columns to leave out, the first first: never of the first two. */
  readonly expendable: readonly string[];
}

/** Heads that are wider than what is below them. */
const shortHeads: Readonly<Record<string, string>> = {
  STRATUM: "ST",
  REFERENCE: "REFID",
  VERSION: "V",
};

/** Less than that of a URL does not tell it from others, as long as anything can be left out. */
const ENOUGH_OF_A_NAME = 24;
const LEAST_OF_A_NAME = 8;

/**
 * A table that fits a terminal: with shorter heads, names that are shortened in the middle, and fewer
 * columns, each only if need be. A row of two cells says something in words, which may be longer.
 */
export function fitTable(
  rows: readonly (readonly string[])[],
  { width, expendable }: TableFit,
): string {
  if (widthOf(rows) <= width) return layOutTable(rows);
  const [head = [], ...others] = rows;
  let shown = [head.map((name) => shortHeads[name] ?? name), ...others];
  const longest = Math.max(...shown.map(([name = ""]) => name.length));
  const left = expendable.map((name) => shortHeads[name] ?? name);
  while (true) {
    const room = width - (widthOf(shown) - longest);
    const column = left.shift();
    if (room >= Math.min(longest, ENOUGH_OF_A_NAME) || column === undefined) {
      return layOutTable(shorten(shown, Math.max(room, LEAST_OF_A_NAME)));
    }
    const dropped = shown[0]?.indexOf(column) ?? -1;
    if (dropped >= 0) shown = shown.map((row) => row.filter((_, i) => i !== dropped));
  }
}

/** The width of the rows that are whole. */
function widthOf(rows: readonly (readonly string[])[]): number {
  const widths = widthsOf(rows);
  const last = Math.max(
    ...rows.map((row) => row.length === widths.length ? (row.at(-1) ?? "").length : 0),
  );
  return widths.slice(0, -1).reduce((sum, column) => sum + column + GAP.length, 0) + last;
}

function shorten(rows: readonly (readonly string[])[], width: number): string[][] {
  return rows.map(([name = "", ...others]) => [withoutMiddle(name, width), ...others]);
}

/** Both ends of a text: of a URL the host's name and the port. */
function withoutMiddle(text: string, width: number): string {
  if (text.length <= width) return text;
  const end = Math.floor((width - 1) / 2);
  return `${text.slice(0, width - 1 - end)}…${text.slice(text.length - end)}`;
}
