import { assertEquals, assertMatch, assertThrows } from "@std/assert";
import { type NtpReply, query, serve } from "../../../mod.ts";
import { parseScenario, type Scenario, scenarios } from "../../../src/server/mod.ts";

const names = Object.keys(scenarios) as (keyof typeof scenarios)[];

Deno.test("scenarios can be served, and are what a file may hold", async () => {
  for (const name of names) {
    const scenario = scenarios[name];
    assertEquals(scenario.name, name);
    assertEquals(parseScenario(JSON.stringify(scenario), "copy.json"), scenario);
    await using server = await serve("ntp://127.0.0.1:0", scenario);
    assertEquals(server.addresses.length, 1);
  }
});

Deno.test("scenarios show what they are about", async () => {
  const ask = async (scenario: Scenario): Promise<NtpReply> => {
    await using server = await serve("ntp://127.0.0.1:0", scenario);
    return await query(server.addresses[0]?.url as `ntp://${string}`);
  };
  assertMatch((await ask(scenarios.y2038)).time.toString(), /^2038-01-19T03:1/);
  assertEquals((await ask(scenarios["leap-insert"])).leap, "insert");
  assertEquals((await ask(scenarios["leap-delete"])).leap, "delete");
  assertEquals((await ask(scenarios["smear-google"])).leap, "none");
  const { stratum, referenceId, offset } = await ask(scenarios.falseticker);
  assertEquals([stratum, referenceId, Math.round(offset.total("seconds"))], [1, "GPS", 5]);
});

const mistakes: readonly (readonly [json: string, message: RegExp])[] = [
  [`{ "clock": {\n"rate": "fast" } }`, /^mine\.json:2: clock\.rate: Cannot read the rate "fast"/],
  [`{ "clok": {} }`, /^mine\.json:1: clok: unknown key, did you mean clock\?$/],
  [`{ "clock": {\n"freeze": 1 } }`, /^mine\.json:2: clock\.freeze: is 1, expected true or false$/],
  [`{ "clock": {},\n"clock": {} }`, /^mine\.json:2: clock: is there twice$/],
  [`{ "faults": {\n\n"dorp": 1 } }`, /^mine\.json:3: faults\.dorp: .*did you mean drop\?$/],
  [
    `{ "faults": { "drop": {\n"evry": 1 } } }`,
    /^mine\.json:2: faults\.drop\.evry: .*mean every\?$/,
  ],
  [`{ "faults": { "drop": {\n"probability": 2 } } }`, /^mine\.json:2: faults\.drop\.probability: /],
  [`{ "status": {\n"stratum": 17 } }`, /^mine\.json:2: status\.stratum: .*expected 1 to 15$/],
  [`{ "status": {\n"referenceId": "toolong" } }`, /^mine\.json:2: status\.referenceId: /],
  [`{\n"clock": { "freeze": true, "rate": 2 } }`, /^mine\.json:2: clock: Cannot stand still/],
  [`{\n"clock": { "smear": "google" } }`, /^mine\.json:2: clock: Cannot smear without/],
  [`{ "clock":\n`, /^mine\.json:\d: Unexpected end of input$/],
  [`[]`, /^mine\.json:1: expected an object/],
  [`{ "__proto__": { "clock": {} } }`, /^mine\.json:1: __proto__: unknown key/],
];

Deno.test("parseScenario() names the line and key of what is wrong", () => {
  for (const [json, message] of mistakes) {
    const error = assertThrows(() => parseScenario(json, "mine.json"), SyntaxError);
    assertMatch(error.message, message);
  }
});

Deno.test("parseScenario() takes steps at dates that are to come", () => {
  const clock = { time: "2030-01-01T00:00:00Z", steps: ["+1s@2031-01-01"] };
  const scenario = parseScenario(JSON.stringify({ clock, seed: 7 }), "./mine.json");
  assertEquals(scenario, { name: "./mine.json", description: "", clock, seed: 7 });
});
