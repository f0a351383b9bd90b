import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { isRateKiss, measure, parseMeasurable } from "../../src/client/query.ts";
import { FakeNetwork, kissOfDeath } from "../support/fake_network.ts";

const target = { protocol: "ntp", hostname: "192.0.2.1", port: 123 } as const;

Deno.test("measure returns a reply, an error, or both", async () => {
  const network = new FakeNetwork();
  network.serveNtp(
    "192.0.2.1",
    (count) => [{}, { leap: 3 }, kissOfDeath("RATE"), kissOfDeath("DENY"), undefined][count - 1],
  );
  const outcomes: unknown[] = [];
  for (let i = 0; i < 5; i++) {
    const measured = await network.run(measure(target, { network, retries: 0 }));
    const { reply, error } = measured;
    outcomes.push([reply?.protocol, error?.reason, isRateKiss(measured), Object.keys(measured)]);
  }
  assertEquals(outcomes, [
    ["ntp", undefined, false, ["reply"]],
    ["ntp", "unsynchronized", false, ["reply", "error"]],
    ["ntp", "kiss_o_death", true, ["reply", "error"]],
    ["ntp", "kiss_o_death", false, ["reply", "error"]],
    [undefined, "timeout", false, ["error"]],
  ]);
  network.resolve = () => Promise.reject(new TypeError("no failure of a server"));
  await assertRejects(() => network.run(measure(target, { network })), TypeError);
});

Deno.test("measure validates by its options", async () => {
  const network = new FakeNetwork();
  network.serveNtp("192.0.2.1", () => ({ rootDelay: 1 }));
  const options = { network, maxRootDistance: 0.4 };
  const { error } = await network.run(measure(target, options));
  assertEquals(error?.reason, "unusable");
  assertEquals(
    await network.run(measure(target, { network })).then(({ error }) => error),
    undefined,
  );
});

Deno.test("parseMeasurable refuses what has no offset", () => {
  assertEquals(parseMeasurable("192.0.2.1"), target);
  assertEquals(parseMeasurable("time://192.0.2.1"), { ...target, protocol: "time", port: 37 });
  for (const protocol of ["asctime", "daytime"]) {
    assertThrows(
      () => parseMeasurable(`${protocol}://192.0.2.1`),
      SyntaxError,
      `Cannot measure ${protocol}://192.0.2.1: ${protocol} text has no offset`,
    );
  }
});
