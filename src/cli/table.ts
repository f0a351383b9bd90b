/** Rows of cells in columns as wide as need be; what follows the last column may be longer. */
export function layOutTable(rows: readonly (readonly string[])[]): string {
  const columns = Math.max(...rows.map((row) => row.length));
  const widths = Array.from(
    { length: columns },
    // A row that is cut short says something in words, which is not to widen a column.
    (_, i) => Math.max(...rows.map((row) => i < row.length - 1 ? (row[i] ?? "").length : 0)),
  );
  return rows
    .map((row) => row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join("  ").trimEnd())
    .join("\n");
}
