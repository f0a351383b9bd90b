/** Gives a target one case after another, until one of them is a finding. */
import { Cases } from "./cases.ts";
import { shrink } from "./shrink.ts";
import type { Problem, Target } from "./target.ts";

/** A datagram with which something is wrong. */
export interface Finding {
  readonly target: string;
  readonly seed: number;
  /** Which case of the seed. */
  readonly index: number;
  readonly problem: Problem;
  /** The datagram, as small as the same oracle still objects to it, where it is known. */
  readonly input?: Uint8Array;
  /** The same of a target that takes texts. */
  readonly text?: string;
  /** Its scene, for people. */
  readonly scene?: string;
}

/** Which cases to try. */
export interface FuzzOptions {
  readonly seed: number;
  /** The first of them. */
  readonly from: number;
  /** The one after the last. */
  readonly to: number;
  /** Ends it earlier; asked now and then. */
  readonly isOver?: () => boolean;
}

/** How many cases pass between two looks at the time. */
const STRIDE = 512;

/**
 * Tries cases.
 *
 * @returns The index of the case after the last that was tried, and what was found
 */
export function fuzz(
  target: Target,
  { seed, from, to, isOver }: FuzzOptions,
): { next: number; finding?: Finding } {
  const cases = new Cases(seedOf(target, seed));
  for (let index = from; index < to; index++) {
    if (isOver !== undefined && index % STRIDE === 0 && index > from && isOver()) {
      return { next: index };
    }
    const input = cases.input(index);
    const problem = target.judge(input, cases.scene);
    if (problem === undefined) continue;
    const { scene } = cases;
    const least = shrink(
      input,
      (octets) => target.judge(octets, scene)?.oracle === problem.oracle,
    );
    const finding = {
      target: target.name,
      seed,
      index,
      problem: target.judge(least, scene) ?? problem,
      input: least,
      scene: JSON.stringify(scene, (_, value) => typeof value === "bigint" ? `${value}` : value),
    };
    return { next: index + 1, finding };
  }
  return { next: to };
}

/** Targets of one run are given different datagrams. */
export function seedOf({ name }: { readonly name: string }, seed: number): number {
  return [...name].reduce((sum, char) => Math.imul(sum, 31) + char.charCodeAt(0) | 0, seed | 0);
}

/** A finding in lines, the last of them the command that finds it again. */
export function describeFinding(finding: Finding): string {
  const { target, seed, index, problem, input, text, scene } = finding;
  return [
    `${target} broke the rule that it ${problem.oracle}: ${problem.detail}`,
    ...input === undefined ? [] : [`  input  ${input.toHex()} (${input.length} octets)`],
    ...text === undefined ? [] : [`  input  ${JSON.stringify(text)} (${text.length} characters)`],
    ...scene === undefined ? [] : [`  scene  ${scene}`],
    `  again  deno task fuzz --seed ${seed} --case ${target}:${index}`,
  ].join("\n");
}
