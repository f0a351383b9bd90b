import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { findScenario, inScenario, type Served } from "../../../src/cli/timesrv/scenarios.ts";
import { UsageError } from "../../../src/cli/shared/errors.ts";
import type { Scenario } from "../../../src/server/scenarios/scenarios.ts";
import { where } from "../../support/needs.ts";

const scenario: Scenario = {
  name: "odd",
  description: "",
  clock: { offset: "+1h", noise: "1ms" },
  status: { stratum: 5 },
  faults: { drop: 0.5 },
  seed: 7,
};

Deno.test("inScenario adds the options that the scenario has not", () => {
  assertEquals(inScenario(scenario, { clock: {} }), {
    clock: { offset: "+1h", noise: "1ms" },
    status: { stratum: 5 },
    faults: { drop: 0.5 },
    seed: 7,
  });
  const options: Served = {
    clock: { rate: "2x" },
    status: { referenceId: "GPS" },
    faults: { reorder: 0.1 },
  };
  assertEquals(inScenario(scenario, options), {
    clock: { rate: "2x", offset: "+1h", noise: "1ms" },
    status: { referenceId: "GPS", stratum: 5 },
    faults: { drop: 0.5, reorder: 0.1 },
    seed: 7,
  });
  const bare: Scenario = { name: "bare", description: "" };
  assertEquals(inScenario(bare, { clock: {} }), { clock: {}, status: {} });
  assertEquals(inScenario(bare, { clock: {}, faults: { drop: 1 } }), {
    clock: {},
    status: {},
    faults: { drop: 1 },
  });
});

Deno.test("inScenario prefers the seed of the command line, for faults and noise", () => {
  const { seed, clock } = inScenario(scenario, { clock: {}, seed: 9 });
  assertEquals([seed, clock.seed], [9, 9]);
  const quiet = inScenario({ ...scenario, clock: { offset: "+1h" } }, { clock: {}, seed: 9 });
  assertEquals([quiet.seed, quiet.clock.seed], [9, undefined]);
});

Deno.test("inScenario refuses what both set, by its name", () => {
  for (
    const [options, message] of [
      [
        { clock: { offset: "0" } },
        "The scenario odd has its own clock.offset: leave out the option for it",
      ],
      [{ clock: {}, status: { stratum: 1 } }, "has its own status.stratum"],
      [{ clock: {}, faults: { drop: 0 } }, "has its own faults.drop"],
    ] as const
  ) assertThrows(() => inScenario(scenario, options), UsageError, message);
  // Where the status comes from, and the seed, are no part of the situation.
  inScenario({ ...scenario, status: { source: "kernel" } }, {
    clock: {},
    status: { source: "auto" },
  });
  inScenario({ ...scenario, clock: { seed: 1 } }, { clock: { seed: 2 } });
  const leaps: readonly (readonly [Scenario, Served])[] = [
    [{ name: "odd", description: "", status: { unsynchronized: true } }, {
      clock: {},
      status: { leap: "insert" },
    }],
    [{ name: "odd", description: "", status: { leap: "insert" } }, {
      clock: {},
      status: { unsynchronized: true },
    }],
    [
      { name: "odd", description: "", clock: { leap: "insert@2028-12-31" } },
      { clock: {}, status: { leap: "insert" } },
    ],
  ];
  for (const [scenario, options] of leaps) {
    assertThrows(
      () => inScenario(scenario, options),
      UsageError,
      "The scenario odd has its own leap indicator: leave out --leap",
    );
  }
});

Deno.test(
  await where(
    { permissions: [{ name: "read" }] },
    "findScenario finds a name, a year, or a file",
    async () => {
      assertEquals((await findScenario("y2036", "timesrv")).name, "y2036");
      assertEquals((await findScenario("2036", "timesrv")).name, "y2036");
      await assertRejects(
        () => findScenario("y2306", "timesrv"),
        UsageError,
        'Unknown scenario "y2306"',
      );
      await assertRejects(
        () => findScenario("constructor", "timesrv"),
        UsageError,
        "(a file: ./constructor)",
      );
      for (const file of ["./nosuch", "nosuch.json", "nosuch/"]) {
        await assertRejects(
          () => findScenario(file, "timesrv"),
          UsageError,
          `Cannot read the scenario "${file}": there is no such file`,
        );
      }
      await assertRejects(() => findScenario("deno.json", "timesrv"), UsageError, "deno.json");
    },
  ),
);
