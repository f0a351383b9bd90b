/** What is given texts, files and requests rather than datagrams. */
import { type Finding, type FuzzOptions, seedOf } from "../fuzz.ts";
import { Random } from "../random.ts";
import type { Problem } from "../target.ts";

export type Input = string | Uint8Array;

/** Something that takes inputs of a form of their own. */
export interface InputTarget<Each extends Input = Input> {
  /** Its name in reports. */
  readonly name: string;
  /** How often each kind of outcome was seen. */
  readonly outcomes: Map<string, number>;
  /** Makes an input. */
  draw(random: Random): Each;
  /** What is wrong with what it does, if anything is. Never throws. */
  judge(input: Each): Problem | undefined | Promise<Problem | undefined>;
}

/** How many inputs pass between two looks at the time. */
const STRIDE = 16;

/** Gives a target one input after another, until one of them is a finding. */
export async function fuzzInputs<Each extends Input>(
  target: InputTarget<Each>,
  { seed, from, to, isOver }: FuzzOptions,
): Promise<{ next: number; finding?: Finding }> {
  const random = new Random(0);
  const own = seedOf(target, seed);
  for (let index = from; index < to; index++) {
    if (isOver !== undefined && index % STRIDE === 0 && index > from && isOver()) {
      return { next: index };
    }
    random.reseed(own, index);
    const input = target.draw(random);
    const found = target.judge(input);
    // Waiting for what is no promise would take longer than many an input.
    const problem = found instanceof Promise ? await found : found;
    if (problem === undefined) continue;
    const least = await shrinkInput(
      input,
      async (shorter) => (await target.judge(shorter))?.oracle === problem.oracle,
    );
    const finding: Finding = {
      target: target.name,
      seed,
      index,
      problem: await target.judge(least) ?? problem,
      ...(typeof least === "string" ? { text: least } : { input: least }),
    };
    return { next: index + 1, finding };
  }
  return { next: to };
}

/** A long input is not made the least for an hour. */
const MAX_ATTEMPTS = 3000;

/** The least input that is still wrong: parts are removed while a test goes on failing. */
async function shrinkInput<Each extends Input>(
  input: Each,
  stillFails: (input: Each) => Promise<boolean>,
): Promise<Each> {
  let least = input;
  let attempts = 0;
  for (let size = input.length >> 1; size >= 1; size >>= 1) {
    for (let at = 0; at + size <= least.length && attempts < MAX_ATTEMPTS; attempts++) {
      const shorter = without(least, at, size);
      if (await stillFails(shorter)) least = shorter;
      else at += size;
    }
  }
  return least;
}

function without<Each extends Input>(input: Each, at: number, size: number): Each;
function without(input: Input, at: number, size: number): Input {
  if (typeof input === "string") return input.slice(0, at) + input.slice(at + size);
  return Uint8Array.of(...input.subarray(0, at), ...input.subarray(at + size));
}

/** What a terminal could obey, or would show as another line. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;

/** Longer than any message that quotes an input, cut. */
const MAX_MESSAGE = 2000;

/** Messages of the engine show that something was not checked. */
const INTERNAL = new RegExp(
  [
    ...[
      "Cannot (?:read|set) propert",
      "Cannot (?:destructure|convert|mix|access|perform)",
      "call stack",
    ],
    ...[
      "is not (?:a function|iterable|a constructor|defined|an object)",
      "\\bundefined\\b",
      "\\bNaN\\b",
    ],
    ...[
      "\\[object",
      "Invalid (?:\\w+ )?(?:array|length|time value|code point|regular)",
      "BigInt",
      "Temporal",
    ],
  ].join("|"),
);

/** What an error must be: of a class that is documented, with a message of one line for people. */
export function judgeError(
  error: unknown,
  classes: readonly (new (...args: never[]) => Error)[],
  input: string,
  message: string = error instanceof Error ? error.message : String(error),
): Problem | undefined {
  const isOfClass = classes.some((each) => error instanceof each);
  if (!isOfClass) return { oracle: "throws documented errors alone", detail: String(error) };
  // A message may have words of its input.
  const [internal] = INTERNAL.exec(message) ?? [];
  if (internal !== undefined && !input.toLowerCase().includes(internal.toLowerCase())) {
    return { oracle: "has messages of its own", detail: message };
  }
  if (UNPRINTABLE.test(message) || message.length > MAX_MESSAGE) {
    return { oracle: "has messages of one line", detail: JSON.stringify(message) };
  }
  return undefined;
}
