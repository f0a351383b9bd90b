/** `deno task fuzz --timing`: whether the time of each parser grows with the length of its text, or faster. */
import { count } from "../target.ts";
import { layOutTable } from "../../../src/text/table.ts";
import type { Parser } from "./parsers.ts";

const SHORT = 10_000;
const LONG = 100_000;

/** Linear is 10, a square 100; sorting and the garbage collector add some. */
const MAX_RATIO = 20;

/** Where the caches of the processor end, times grow faster for a while: beyond, a line is a line again. */
const LONGEST = 4 * LONG;
const MAX_LAST_RATIO = 8;

/** Times below this are of the machine rather than of the parser. */
const MIN_MS = 2;

const RUNS = 5;

/** A text that takes this long is not tried again. */
const ENOUGH_MS = 2000;

/** What is repeated: patterns go back and forth over what several of their parts can match. */
const units: readonly string[] = [
  ...[
    "1",
    "0",
    " ",
    "\t",
    "\n",
    "\r\n",
    "a",
    "A",
    "Z",
    "T",
    "x",
    "-",
    "+",
    ".",
    ",",
    ":",
    ";",
    "/",
    "@",
    "%",
    "=",
    "&",
  ],
  ...[
    "[",
    "]",
    "(",
    ")",
    "{",
    "}",
    '"',
    "'",
    "\\",
    "?",
    "#",
    "!",
    "~",
    "_",
    "\0",
    "\x1b",
    "\u202e",
    "\ud800",
    "é",
    "😀",
  ],
  ...[
    "1.",
    "1e",
    "1,",
    "1 ",
    "a ",
    "a,",
    "a=",
    "1h",
    "1Y",
    "P1Y",
    "PT1S",
    "1s@",
    "T-01",
    "Z+00",
    "[1",
    '{"a":',
    "[[",
    "::",
  ],
  ...[
    "1:",
    "%25",
    "a.",
    "a-",
    "a@",
    "1/",
    "\\u",
    "''",
    "\n ",
    " \n",
    "#\n",
    "1 1\n",
    "insert@",
    "from=",
    "&a=b",
    "drop=1,",
  ],
];

/** Texts of any length: a unit that is repeated, alone, and before, behind and within what a parser accepts. */
export function* hostileTexts(
  { seeds }: Pick<Parser, "seeds">,
): Generator<readonly [name: string, makeText: (length: number) => string]> {
  const fill = (unit: string, length: number): string =>
    unit.repeat(Math.ceil(length / unit.length)).slice(0, length);
  for (const unit of units) {
    yield [`${unit}…`, (length) => fill(unit, length)];
    yield [`${unit}…!`, (length) => `${fill(unit, length)}!`];
    for (const seed of seeds.slice(0, 3)) {
      const [start, end] = [seed.slice(0, seed.length >> 1), seed.slice(seed.length >> 1)];
      yield [`${seed}${unit}…`, (length) => seed + fill(unit, length)];
      yield [`${unit}…${seed}`, (length) => fill(unit, length) + seed];
      yield [`${start}${unit}…${end}`, (length) => start + fill(unit, length) + end];
    }
  }
  for (const seed of seeds) {
    for (const separator of ["", " ", ",", ";", "\n"]) {
      const unit = seed + separator;
      yield [`${unit}…`, (length) => fill(unit, length)];
    }
    yield [`"${seed}…"`, (length) => JSON.stringify(fill(seed, length))];
    yield [`[${seed},…]`, (length) => `[${fill(`${JSON.stringify(seed)},`, length)}0]`];
  }
}

/** A parser and a text for which its time grows faster than the length. */
export interface Steep {
  readonly parser: string;
  readonly text: string;
  readonly shortMs: number;
  readonly longMs: number;
}

/** Measures how long a parser takes. */
export type Stopwatch = (parser: Parser, text: string) => number;

const timeMs: Stopwatch = (parser, text) => {
  const startMs = performance.now();
  try {
    parser.parse(text);
  } catch {
    // How long a refusal takes counts as well.
  }
  return performance.now() - startMs;
};

/** Compares the times of a parser for 10,000 and 100,000 characters of each text. */
export function findSteep(
  parser: Parser,
  tried = new Map<string, number>(),
  stopwatch: Stopwatch = timeMs,
): Steep[] {
  // The least of several runs: others use the machine, too.
  const leastMs = (text: string, runs: number): number => {
    let least = stopwatch(parser, text);
    for (let run = 1; run < runs && least < ENOUGH_MS; run++) {
      least = Math.min(least, stopwatch(parser, text));
    }
    return least;
  };
  const steep: Steep[] = [];
  for (const [name, makeText] of hostileTexts(parser)) {
    count(tried, parser.name);
    const long = makeText(LONG);
    // One run tells most of them: they take no time at all.
    if (stopwatch(parser, long) < MIN_MS) continue;
    for (const runs of [RUNS, 4 * RUNS]) {
      const [shortMs, longMs] = [leastMs(makeText(SHORT), runs), leastMs(long, runs)];
      if (longMs < MIN_MS || longMs / shortMs <= MAX_RATIO) break;
      if (longMs < ENOUGH_MS && leastMs(makeText(LONGEST), runs) / longMs <= MAX_LAST_RATIO) break;
      if (runs > RUNS || longMs >= ENOUGH_MS) {
        steep.push({ parser: parser.name, text: name, shortMs, longMs });
        break;
      }
    }
  }
  return steep;
}

/** A table of what was found, the steepest text of each parser. */
export function formatSteep(steep: readonly Steep[]): string {
  const ratio = ({ shortMs, longMs }: Steep): number => longMs / shortMs;
  const worst = Map.groupBy(steep, ({ parser }) => parser).values()
    .map((all) => all.toSorted((a, b) => ratio(b) - ratio(a))[0] as Steep);
  const rows = [...worst].map((each) => [
    each.parser,
    JSON.stringify(each.text.slice(0, 40)),
    `${each.shortMs.toFixed(2)} ms`,
    `${each.longMs.toFixed(2)} ms`,
    `x${ratio(each).toFixed(0)}`,
  ]);
  return layOutTable([["PARSER", "TEXT", "10,000", "100,000", "RATIO"], ...rows]);
}
