import { assertEquals, assertRejects } from "@std/assert";
import { readServed } from "../../../src/cli/timesrv/served.ts";
import { UsageError } from "../../../src/cli/shared/errors.ts";
import { where } from "../../support/needs.ts";

Deno.test("readServed tells a leap second to announce from one to simulate", async () => {
  assertEquals(await readServed({}), { clock: {}, status: {} });
  assertEquals(await readServed({ leap: "insert" }), { clock: {}, status: { leap: "insert" } });
  assertEquals(await readServed({ leap: "insert@2099-12-31" }), {
    clock: { leap: "insert@2099-12-31" },
    status: {},
  });
});

Deno.test("readServed seeds the noise, but makes no simulated clock of a seed alone", async () => {
  assertEquals(await readServed({ seed: 5 }), { clock: {}, status: {}, seed: 5 });
  assertEquals(await readServed({ seed: 5, noise: "1ms" }), {
    clock: { noise: "1ms", seed: 5 },
    status: {},
    seed: 5,
  });
  assertEquals((await readServed({ noise: "1ms" })).clock, { noise: "1ms" });
});

Deno.test("readServed adds faults up, and a scenario to the options", async () => {
  const { faults } = await readServed({ fault: ["drop=0.5", "delay=50ms,every=3"] });
  assertEquals(Object.keys(faults ?? {}), ["drop", "delay"]);
  const { clock, status } = await readServed({ scenario: "falseticker", rate: "2x" });
  assertEquals(clock, { offset: "+5s", rate: "2x" });
  assertEquals(status, { stratum: 1, referenceId: "GPS", rootDispersion: "1ms" });
});

Deno.test(
  await where(
    { permissions: [{ name: "read" }] },
    "readServed refuses a plan that cannot be",
    async () => {
      for (
        const [values, message] of [
          [{ leap: "insert@2016-12-31" }, "Cannot insert a second on 2016-12-31"],
          [{ smear: "google" }, "smear without a leap second"],
          [{ local: 8, stratum: 3 }, "status.local cannot be used with status.stratum"],
          [
            { local: true, scenario: "falseticker" },
            "status.local cannot be used with status.stratum",
          ],
          [{ fault: ["dorp"] }, "did you mean drop?"],
          [{ leapFile: "deno.json" }, "deno.json: "],
        ] as const
      ) await assertRejects(() => readServed(values), UsageError, message);
    },
  ),
);
