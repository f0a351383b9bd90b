import { assertEquals, assertMatch, assertThrows } from "@std/assert";
import { type NtpReply, query, serve } from "../../../mod.ts";
import { formatJson, snakeCase } from "../../../src/text/json.ts";
import { parseScenario, type Scenario, scenarios } from "../../../src/server/mod.ts";

const names = Object.keys(scenarios) as (keyof typeof scenarios)[];

Deno.test("scenarios can be served, and are what a file may hold", async () => {
  for (const name of names) {
    const scenario = scenarios[name];
    assertEquals(scenario.name, name);
    assertEquals(parseScenario(formatJson(scenario), "copy.json"), scenario);
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
  [`{ "clock": { "rate": "fast" } }`, /^mine\.json: clock\.rate is "fast", expected 2x/],
  [`{ "clok": {} }`, /^mine\.json: Unknown scenario option "clok": did you mean clock\?$/],
  [`{ "clock": 5 }`, /^mine\.json: scenario\.clock is 5, expected an object$/],
  [`{ "clock": { "freeze": 1 } }`, /^mine\.json: clock\.freeze is 1, expected true or false$/],
  [`{ "faults": { "dorp": 1 } }`, /^mine\.json: .*"dorp": did you mean drop\?$/],
  [
    `{ "faults": { "drop": { "evry": 1 } } }`,
    /^mine\.json: Unknown faults\.drop option "evry": did you mean every\?$/,
  ],
  [
    `{ "faults": { "drop": { "probability": 2 } } }`,
    /^mine\.json: faults\.drop\.probability is 2, /,
  ],
  [`{ "status": { "stratum": 17 } }`, /^mine\.json: status\.stratum is 17, expected .*1 to 15$/],
  [
    `{ "status": { "reference_id": "toolong" } }`,
    /^mine\.json: status\.reference_id is "toolong", /,
  ],
  ...["rootDelay", "rootDispersion", "referenceId"].map((key) =>
    [
      `{ "status": { "${key}": 1 } }`,
      new RegExp(
        `^mine\\.json: Unknown status option "${key}": did you mean ${snakeCase(key)}\\?$`,
      ),
    ] as const
  ),
  [`{ "clients": { "a": "likes" } }`, /^mine\.json: clients\.a is "likes", expected follows, /],
  [`{ "clock": { "freeze": true, "rate": 2 } }`, /^mine\.json: Cannot stop the clock and run it/],
  [`{ "clock": { "smear": "google" } }`, /^mine\.json: Cannot smear without/],
  [`{ "clock":\n`, /^mine\.json: Unexpected end of JSON input$/],
  [`{\n"clock": x }`, /^mine\.json: Unexpected token 'x'/],
  [`[]`, /^mine\.json: scenario is \[\], expected an object/],
  [`{ "__proto__": { "clock": {} } }`, /^mine\.json: Unknown scenario option "__proto__"/],
];

Deno.test("parseScenario() names the file and the key of a mistake", () => {
  for (const [json, message] of mistakes) {
    const error = assertThrows(() => parseScenario(json, "mine.json"), SyntaxError);
    assertMatch(error.message, message);
  }
});

Deno.test("parseScenario() accepts steps at future dates", () => {
  const clock = { time: "2030-01-01T00:00:00Z", steps: ["+1s@2031-01-01"] };
  const scenario = parseScenario(JSON.stringify({ clock, seed: 7 }), "./mine.json");
  assertEquals(scenario, { name: "./mine.json", description: "", clock, seed: 7 });
});
