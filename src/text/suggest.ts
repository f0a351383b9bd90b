/** Suggests the names probably meant, `did you mean drop?`, or lists all, `expected drop or delay`. */
export function suggest(written: string, names: readonly string[]): string {
  const meant = findNearest(written, names);
  return meant.length > 0
    ? `did you mean ${formatChoices(meant)}?`
    : `expected ${formatChoices(names)}`;
}

/** Finds the names with the smallest edit distance, if that is small. */
export function findNearest(written: string, names: readonly string[]): readonly string[] {
  const near = names.map((name) => ({ name, max: Math.max(1, Math.floor(name.length / 3)) }))
    // Lengths first: the distance of a long text takes long.
    .filter(({ name, max }) => Math.abs(written.length - name.length) <= max)
    .map(({ name, max }) => ({ name, max, distance: editDistance(written.toLowerCase(), name) }))
    .filter(({ name, max, distance }) => distance < name.length && distance <= max);
  const smallest = Math.min(...near.map(({ distance }) => distance));
  return near.filter(({ distance }) => distance === smallest).map(({ name }) => name);
}

export function formatChoices(names: readonly string[]): string {
  if (names.length < 2) return names.join("");
  return `${names.slice(0, -1).join(", ")} or ${names.at(-1)}`;
}

/** The Damerau edit distance: letters inserted, deleted, changed, or swapped with the next. */
function editDistance(from: string, to: string): number {
  const rows: number[][] = [Array.from({ length: to.length + 1 }, (_, j) => j)];
  const cell = (i: number, j: number): number => rows[i]?.[j] ?? Infinity;
  for (let i = 1; i <= from.length; i++) {
    const row = [i];
    rows.push(row);
    for (let j = 1; j <= to.length; j++) {
      const isSame = from[i - 1] === to[j - 1];
      const isSwapped = from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1];
      row.push(Math.min(
        cell(i - 1, j) + 1,
        cell(i, j - 1) + 1,
        cell(i - 1, j - 1) + (isSame ? 0 : 1),
        isSwapped ? cell(i - 2, j - 2) + 1 : Infinity,
      ));
    }
  }
  return cell(from.length, to.length);
}
