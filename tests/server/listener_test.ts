import { assert, assertEquals, assertThrows } from "@std/assert";
import { ListenError, query, serve } from "../../mod.ts";
import { parseListener, parseListeners } from "../../src/server/listener.ts";

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
    ["?delay=50ms&delay=1s&fault=drop=0.3&fault=drop=0.1", {
      faults: {
        delay: [{ time: "50ms" }, { time: "1s" }],
        drop: [0.3, 0.1].map((probability) => ({ probability })),
      },
    }],
    ["?drop=0.3&delay=50ms,every=3&seed=42", {
      faults: { drop: { probability: 0.3 }, delay: { time: "50ms", every: 3 } },
      seed: 42,
    }],
  ];
  for (const [parameters, spec] of cases) {
    assertEquals(parseListener(`ntp://127.0.0.1:1123${parameters}`), { endpoint, ...spec });
  }
});

Deno.test("parseListener refuses addresses that stand for several machines", () => {
  for (const host of ["224.0.1.1", "239.255.255.255", "255.255.255.255", "[ff02::101]"]) {
    assertThrows(() => parseListener(`ntp://${host}`), SyntaxError, "multicast or broadcast");
  }
  for (const host of ["223.255.255.255", "0.0.0.0", "[::]", "239.example"]) {
    assertEquals(parseListener(`ntp://${host}`).endpoint.port, 123);
  }
});

Deno.test("parseListeners refuses listeners that have an address in common", () => {
  for (
    const urls of [
      ["ntp://127.0.0.1:1123", "auto://127.0.0.1:1123"],
      ["ntp://0.0.0.0:1123", "time://127.0.0.1:1123"],
      ["ntp://[::1]:1123", "time://[::]:1123"],
      ["ntp://[::1]:1123", "ntp://[0:0::1]:1123"],
      ["ntp://localhost:1123", "ntp://localhost:1123"],
    ]
  ) {
    assertThrows(() => parseListeners(urls), RangeError, "Two listeners", urls.join(" "));
  }
  const apart = [
    "ntp://0.0.0.0:1123",
    "ntp://[::]:1123",
    "time://127.0.0.1:37",
    "ntp://127.0.0.1:0",
    "ntp://127.0.0.1:0",
  ];
  assertEquals(parseListeners(apart).length, apart.length);
});

Deno.test("serve keeps to the chosen IP version of a name", async () => {
  await using server = await serve("ntp://localhost:0", { family: 4 });
  assertEquals(server.addresses.map(({ hostname }) => hostname), ["127.0.0.1"]);
  const error = await serve("ntp://127.0.0.1:0", { family: 6 }).catch((error) => error);
  assert(error instanceof ListenError, `${error}`);
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
    const url = `ntp://127.0.0.1:1123${parameters}`;
    const error = assertThrows(() => parseListener(url), Error, message);
    assertEquals(error.message.startsWith(`Cannot read "${url}": `), true, error.message);
  }
});

Deno.test("a listener's faults are its own", async () => {
  await using server = await serve([
    "asctime://127.0.0.1:0?drop",
    "asctime://127.0.0.1:0",
    "asctime://127.0.0.1:0?garbage=1,length=3",
  ], { faults: { duplicate: 1 } });
  const [silent, plain, garbled] = server.addresses.map(({ url }) => url);
  const reasonOf = (url = "", timeout = "20s"): Promise<string> =>
    query(url, { timeout, retries: 0 }).then(() => "good", ({ reason }) => reason);
  assertEquals(
    await Promise.all([reasonOf(silent, "200ms"), reasonOf(plain), reasonOf(garbled)]),
    ["timeout", "good", "not_a_time"],
  );
  assertEquals([server.totals.refused.fault, server.totals.copies], [1, 2]);
});
