import { assert, assertEquals, assertThrows } from "@std/assert";
import { query, serve } from "../../mod.ts";
import { parseListener } from "../../src/server/listener.ts";

const endpoint = { protocol: "ntp", hostname: "127.0.0.1", port: 1123 } as const;

Deno.test("parseListener parses the options of one listener", () => {
  const cases: [parameters: string, spec: Omit<ReturnType<typeof parseListener>, "endpoint">][] = [
    ["", {}],
    ["?", {}],
    ["?offset=+1h&rate=2x", { clock: { offset: "+1h", rate: "2x" } }],
    ["?time=2038-01-19T03%3A14%3A00Z&freeze", {
      clock: { time: "2038-01-19T03:14:00Z", freeze: true },
    }],
    ["?freeze=no", { clock: { freeze: false } }],
    ["?step=+1s@00:05&step=-1s@00:10", { clock: { steps: ["+1s@00:05", "-1s@00:10"] } }],
    ["?leap=insert@2028-12-31&smear=google", {
      clock: { leap: "insert@2028-12-31", smear: "google" },
    }],
    ["?clock-noise=2ms&seed=7", { clock: { noise: "2ms", seed: 7 }, seed: 7 }],
    ["?drop=0.3&delay=50ms,every=3&seed=42", {
      faults: { drop: { probability: 0.3 }, delay: { time: "50ms", every: 3 } },
      seed: 42,
    }],
  ];
  for (const [parameters, spec] of cases) {
    assertEquals(parseListener(`ntp://127.0.0.1:1123${parameters}`), { endpoint, ...spec });
  }
});

Deno.test("parseListener names the wrong parameter", () => {
  const wrong: [string, string][] = [
    ["?ofset=1h", 'unknown parameter "ofset", did you mean offset?'],
    ["?dorp=1", "did you mean drop?"],
    ["?constructor=1", "unknown parameter"],
    ["?rate=1&rate=2", '"rate" is given twice'],
    ["?drop=2", "drop"],
    ["?seed=abc", 'seed is "abc", expected a whole number, 0 to 4294967295'],
    ["?seed=", 'seed is "", expected'],
    ["?drop=0.3&seed=-1", 'seed is "-1", expected'],
  ];
  for (const [parameters, message] of wrong) {
    assertThrows(() => parseListener(`ntp://127.0.0.1:1123${parameters}`), Error, message);
  }
});

Deno.test("a listener's faults are its own", async () => {
  await using server = await serve([
    "asctime://127.0.0.1:0?drop",
    "asctime://127.0.0.1:0",
    "asctime://127.0.0.1:0?garbage=1,length=3",
  ], { faults: { duplicate: 1 } });
  const [silent, honest, garbled] = server.addresses.map(({ url }) => url);
  const once = { timeout: 0.2, retries: 0 };
  const [lost, answered, odd] = await Promise.allSettled([
    query(silent ?? "", once),
    query(honest ?? "", once),
    query(garbled ?? "", once),
  ]);
  assertEquals([lost?.status, answered?.status, odd?.status], [
    "rejected",
    "fulfilled",
    "rejected",
  ]);
  assert(server.totals.refused.fault >= 1 && server.totals.copies === 1);
});
