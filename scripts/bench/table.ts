/**
 * Text tables.
 *
 * @module
 */

/**
 * Lays out rows of text in columns, the first to the left and the others to the right.
 *
 * @param rows the rows, the first of them the headings
 * @returns the lines
 */
export function layOutTable(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, column) => widths[column] = Math.max(widths[column] ?? 0, cell.length));
  }
  return rows.map((row) =>
    row.map((cell, column) => {
      const width = widths[column] ?? 0;
      return column === 0 ? cell.padEnd(width) : cell.padStart(width);
    }).join("  ").trimEnd()
  ).join("\n");
}
