/** What somebody meant who wrote a name that there is not. */

/**
 * What to say to it: the name, or names, that were probably meant, or all there are.
 *
 * @param written The name that there is not
 * @param names Those that there are
 * @returns `did you mean drop?`, or `expected drop, delay or kiss`
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { suggest } from "./suggest.ts";
 *
 * assertEquals(suggest("dorp", ["drop", "delay", "kiss"]), "did you mean drop?");
 * assertEquals(suggest("xyz", ["drop", "delay", "kiss"]), "expected drop, delay or kiss");
 * ```
 */
export function suggest(written: string, names: readonly string[]): string {
  const meant = nearest(written, names);
  return meant.length > 0 ? `did you mean ${listed(meant)}?` : `expected ${listed(names)}`;
}

/** The names that were probably meant: those with the fewest letters in the wrong place, if few. */
export function nearest(written: string, names: readonly string[]): readonly string[] {
  const near = names.map((name) => ({ name, steps: editSteps(written.toLowerCase(), name) }))
    .filter(({ name, steps }) =>
      steps < name.length && steps <= Math.max(1, Math.floor(name.length / 3))
    );
  const fewest = Math.min(...near.map(({ steps }) => steps));
  return near.filter(({ steps }) => steps === fewest).map(({ name }) => name);
}

/** Names as a sentence has them: `drop, delay or kiss`. */
export function listed(names: readonly string[]): string {
  if (names.length < 2) return names.join("");
  return `${names.slice(0, -1).join(", ")} or ${names.at(-1)}`;
}

/** How many letters have to be put in, left out, changed, or swapped with the next (Damerau). */
function editSteps(from: string, to: string): number {
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
        i > 1 && j > 1 && isSwapped ? cell(i - 2, j - 2) + 1 : Infinity,
      ));
    }
  }
  return cell(from.length, to.length);
}
