import { assertEquals } from "@std/assert";
import { isAnswer } from "../../src/client/control_answers.ts";
import { CONTROL_ACTIONS, samples, variants } from "./control_samples.ts";

const kindOf = (value: unknown): string =>
  value === null ? "null" : Array.isArray(value) ? "list" : typeof value;

/** One value of each type that JSON has, an infinite number, and nothing at all. */
const values = [null, "1", 1, true, [], {}, Infinity, undefined];

/** Values of another type; an infinite number is none. */
const wrong = (value: unknown): readonly unknown[] =>
  values.filter((other) => kindOf(other) !== kindOf(value) || other === Infinity);

/** What may be there instead: keys that are optional or may be null, and what faults have, which is theirs. */
const allowed: readonly (readonly [path: RegExp, other: unknown])[] = [
  [/\.clock\.(leap|smear)$/, null],
  [/\.clients\.\d\.(version|interval)$/, null],
  [/\.status\.root(Delay|Dispersion|Distance)$/, null],
  [/\.check\.(cause|rule)$/, null],
  [/\.discipline\.rootDistance$/, null],
  [/\.upstreams\.\d\.(address|stratum|offset|distance|delay|jitter|lastReply)$/, null],
  [/^(?!sources)\w+\.(discipline|upstreams)$/, undefined],
  [/^(?!sources)\w+\.nts$/, undefined],
  [/\.warnings\.\d\.since$/, null],
  [/\.listeners\.\d\.(clock|faults|seed)$/, undefined],
  [/\.exchanges\.\d\.(code|cause|reply)$/, undefined],
  [/\.(request|reply)\.(?!octets)\w+$/, undefined],
];

Deno.test("isAnswer knows the answer to each action, and no other type in any of its keys", () => {
  for (const action of CONTROL_ACTIONS) {
    const answer = samples[action];
    assertEquals(isAnswer(action, answer), true, action);
    assertEquals(isAnswer(action, { ...answer, more: [1] }), true, action);
    for (const [path, other, changed] of variants(answer, wrong)) {
      const isAllowed = /(?<!exchanges\.\d)\.faults\./.test(path) ||
        allowed.some(([at, value]) => at.test(`${action}${path}`) && Object.is(value, other)) ||
        // The other value of a key that is null already.
        /\.(listeners\.0\.clock\.leap|upstreams\.2\.address)$/.test(path) && other === "1" ||
        /\.upstreams\.2\.(stratum|offset|distance|delay|jitter|lastReply)$/.test(path) &&
          other === 1 ||
        /\.warnings\.1\.since$/.test(path) && other === "1" ||
        /\.clients\.1\.(version|interval)$/.test(path) && other === 1;
      assertEquals(isAnswer(action, changed), isAllowed, `${action}${path}: ${String(other)}`);
    }
  }
});

Deno.test("isAnswer tells the answers of actions from each other", () => {
  const kinds = {
    set: "clock",
    step: "clock",
    faults: "faults",
    clients: "clients",
    exchanges: "exchanges",
    sources: "sources",
    access: "access",
    changeAccess: "access",
    checkAccess: "check",
  } as const;
  const kind = (action: string): string => kinds[action as keyof typeof kinds] ?? "state";
  for (const action of CONTROL_ACTIONS) {
    for (const other of CONTROL_ACTIONS) {
      // A state has a clock and upstream servers, too.
      const isSame = kind(action) === kind(other) ||
        ["clock", "sources"].includes(kind(action)) && kind(other) === "state";
      assertEquals(isAnswer(action, samples[other]), isSame, `${other} for ${action}`);
    }
  }
});
