import { assert, assertEquals } from "@std/assert";
import { Cases, SWEEP } from "./cases.ts";
import { describeFinding, fuzz } from "./fuzz.ts";
import { services } from "./services.ts";
import type { Target } from "./target.ts";
import { createTargets } from "./targets.ts";

/** Always the same: a test fails for a change alone. `deno task fuzz` tries another one each time. */
const SEED = 3;

/** Readers make objects, and take ten times as long. */
const casesOf = ({ name }: Target): number => name.startsWith("read") ? 4000 : 16_000;

for (const target of createTargets()) {
  Deno.test(`${target.name} does what it promises, whatever it is given`, () => {
    const { finding } = fuzz(target, { seed: SEED, from: SWEEP, to: SWEEP + casesOf(target) });
    assert(finding === undefined, finding && describeFinding(finding));
  });
}

Deno.test("ntp and auto do what they promise for all values of the first two octets", () => {
  for (const target of createTargets().filter(({ name }) => name === "ntp" || name === "auto")) {
    const { finding } = fuzz(target, { seed: SEED, from: 0, to: SWEEP });
    assert(finding === undefined, finding && describeFinding(finding));
  }
});

Deno.test("fuzz reaches every refusal and every kind of answer and reading", () => {
  const modes = ["answered in mode 2", "answered in mode 4"];
  const expected: Record<string, readonly string[]> = {
    ntp: modes,
    "ntp-keys": [...modes, "answered in mode 4, authentic"],
    "ntp-nts": [...modes, "answered in mode 4, authentic"],
    auto: ["answered", ...modes],
    "read-daytime": ["read", "read with its offset", "refused"],
    "read-ntp": ["kiss_o_death", "read", "refused", "trusted", "unsynchronized", "unusable"],
    ...Object.fromEntries(
      ["asctime", "daytime", "time"].map((name) => [
        `read-explained-${name}`,
        ["not_a_time", "passed", "read"],
      ]),
    ),
    "read-explained-ntp": [
      ...["bogus_reply", "kiss_o_death", "passed", "read", "unsynchronized", "unusable"],
    ],
  };
  for (const target of createTargets()) {
    fuzz(target, { seed: SEED, from: SWEEP, to: SWEEP + casesOf(target) });
    const service = services.find(({ name }) => name === target.name);
    const others = service === undefined ? ["read", "refused"] : ["answered"];
    const outcomes = [...service?.refusals ?? [], ...expected[target.name] ?? others];
    assertEquals([...target.outcomes.keys()].toSorted(), outcomes.toSorted(), target.name);
  }
});

Deno.test("Cases makes the same case by itself as after those before it", () => {
  const [inOrder, alone] = [new Cases(7), new Cases(7)];
  const wanted = new Set([0, 63, 64, SWEEP - 1, SWEEP, SWEEP + 2 ** 32]);
  for (const index of [0, 1, 62, 63, 64, 65, SWEEP - 1, SWEEP, SWEEP + 1, SWEEP + 2 ** 32]) {
    const input = inOrder.input(index).slice();
    if (!wanted.has(index)) continue;
    assertEquals(alone.input(index), input);
    assertEquals(alone.scene, inOrder.scene);
  }
});
