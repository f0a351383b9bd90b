import { assert, assertEquals } from "@std/assert";
import { chooseMutants, describeMutant, mutantsOf } from "../../scripts/mutate/mutants.ts";
import { TestFiles } from "../../scripts/mutate/test_files.ts";

/** The lines of a source that operators make of it, by operator. */
function changed(text: string): [operator: string, text: string][] {
  return Array.from(mutantsOf("src/a.ts", text), ({ operator, text }) => [operator, text]);
}

Deno.test("mutantsOf changes one place at a time, and keeps parentheses", () => {
  assertEquals(changed("if (a < (b ?? c)) f();"), [
    ["condition true", "if (true) f();"],
    ["condition false", "if (false) f();"],
    ["< to <=", "if (a <= (b ?? c)) f();"],
    ["< to >=", "if (a >= (b ?? c)) f();"],
    ["no default", "if (a < (b)) f();"],
    ["no effect", "if (a < (b ?? c)) ;"],
  ]);
});

Deno.test("mutantsOf leaves types, imports and texts for readers alone", () => {
  const text = `import { f } from "./f.ts";
export { f } from "./f.ts";
type A = "a" | 1;
interface B { readonly c: "c" }
export const row = { help: "the offset", syntax: "<s>" } as const;
`;
  assertEquals(changed(text), []);
});

Deno.test("mutantsOf does not make a difference of a sum of texts", () => {
  const operators = changed('const a = "x" + b + c;').map(([operator]) => operator);
  assertEquals(operators, ["another text"]);
});

Deno.test("chooseMutants makes the same choice by the same seed, one of a line", () => {
  const text = "a = b + c < d;\n".repeat(50);
  const choose = (seed: number): string[] =>
    chooseMutants([...mutantsOf("src/a.ts", text)], 20, seed).map(describeMutant);
  const chosen = choose(7);
  assertEquals(chosen, choose(7));
  assertEquals(new Set(chosen.map((line) => line.split(": ")[0])).size, 20);
  assert(chosen.join() !== choose(8).join());
});

Deno.test("TestFiles orders mirrors, importers, those that reach a file, and tests of its command", () => {
  const stages = new TestFiles(
    new Map([
      ["src/client/a.ts", ""],
      ["src/cli/timecli/watch/w.ts", 'import "../../../client/a.ts";'],
      ["tests/client/a_test.ts", 'import "../../src/client/a.ts";'],
      ["tests/client/a_late_test.ts", ""],
      ["tests/client/b_test.ts", 'const a = await import("../../src/client/a.ts");'],
      [
        "tests/cli/timecli/watch/w_test.ts",
        'import { w } from "../../../../src/cli/timecli/watch/w.ts";',
      ],
      ["tests/e2e/watch_test.ts", 'run("watch")'],
      ["tests/e2e/check_test.ts", 'run("check")'],
      ["tests/interop/a_test.ts", 'import "../../src/client/a.ts";'],
    ]),
  );
  assertEquals(stages.stagesOf("src/client/a.ts"), [
    ["tests/client/a_test.ts", "tests/client/a_late_test.ts"],
    ["tests/client/b_test.ts"],
    ["tests/cli/timecli/watch/w_test.ts"],
  ]);
  assertEquals(stages.stagesOf("src/cli/timecli/watch/w.ts"), [
    ["tests/cli/timecli/watch/w_test.ts"],
    ["tests/e2e/watch_test.ts"],
  ]);
});
