/**
 * The mutants of source files, and a choice of them.
 *
 * @module
 */
import { parse } from "@babel/parser";
import { Random } from "../../tests/fuzz/random.ts";
import { type Change, changesOf, type Node } from "./operators.ts";

/** A source file with one change. */
export interface Mutant extends Change {
  /** The file's path from the project's folder. */
  readonly path: string;
  /** The line of the change, from 1. */
  readonly line: number;
  /** The text in the place of which the change is. */
  readonly original: string;
  /** The file's text with the change. */
  readonly text: string;
}

/** Properties whose texts are for readers only: the tests of the generated pages hold them. */
const PROSE = ["help", "description", "notes", "hint", "syntax"];

/** Every mutant of a file. */
export function* mutantsOf(path: string, text: string): Generator<Mutant> {
  const { program } = parse(text, { sourceType: "module", plugins: ["typescript"] });
  for (const node of meaningfulNodes(program as unknown as Node)) {
    for (const change of changesOf(node, text)) {
      yield {
        ...change,
        path,
        original: text.slice(change.start, change.end),
        line: text.slice(0, change.start).split("\n").length,
        text: text.slice(0, change.start) + change.replacement + text.slice(change.end),
      };
    }
  }
}

/** The nodes that matter when the program runs: no types, no imports, no texts for readers. */
function* meaningfulNodes(node: Node): Generator<Node> {
  if (/^(Import|Export(All|Named))Declaration$/.test(node.type) && !node.declaration) return;
  if (/^TS(?!AsExpression|NonNull|Satisfies)/.test(node.type)) return;
  if (node.type === "ObjectProperty" && PROSE.includes(node.key.name)) return;
  yield node;
  for (const [key, value] of Object.entries(node)) {
    if (["key", "loc", "extra", "directives", "typeAnnotation"].includes(key)) continue;
    for (const child of Array.isArray(value) ? value : [value]) {
      if (typeof child?.type === "string" && "start" in child) yield* meaningfulNodes(child);
    }
  }
}

/**
 * Chooses mutants at random, as often of each operator as there are places for it, and at most one
 * of a line.
 */
export function chooseMutants(all: readonly Mutant[], count: number, seed: number): Mutant[] {
  const random = new Random(seed);
  const byOperator = [...Map.groupBy(all, ({ operator }) => operator).values()];
  const lines = new Set<string>();
  const chosen: Mutant[] = [];
  while (chosen.length < count && byOperator.length > 0) {
    const group = random.below(byOperator.length);
    const mutants = byOperator[group] ?? [];
    const [mutant] = mutants.splice(random.below(mutants.length), 1);
    if (mutants.length === 0) byOperator.splice(group, 1);
    if (mutant === undefined) continue;
    const place = `${mutant.path}:${mutant.line}`;
    if (lines.has(place)) continue;
    lines.add(place);
    chosen.push(mutant);
  }
  return chosen;
}

/** Where a change is and what it exchanges, on one line. */
export function describeMutant({ path, line, operator, original, replacement }: Mutant): string {
  const [from = "", to = ""] = [original, replacement].map((part) =>
    shorten(part.replaceAll(/\s+/g, " "), 60)
  );
  return `${path}:${line}: ${operator}: ${from} → ${to}`;
}

function shorten(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`;
}
