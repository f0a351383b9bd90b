/** The reactions of clients to each scenario, as the list of scenarios states them. */
import { assertEquals } from "@std/assert";
import { scenarios, type ScenarioVerdict } from "../../src/server/mod.ts";
import type { Scenario } from "../../src/server/scenarios/scenarios.ts";
import { where } from "../support/needs.ts";
import { Network } from "../support/peers.ts";
import { source } from "../support/programs.ts";
import {
  askAs,
  type ClientName,
  clientNames,
  type Finding,
  oneShotNeeds,
} from "./one_shot_clients.ts";

const timesrv = source.timesrv;
const timecli = source.timecli;

const host = "127.0.0.1";

/** Beyond the delays of the flaky network. */
const LARGEST_ERROR_SECONDS = 0.5;

/** What happens in a scenario that starts at a date has happened a minute later. */
function afterEvent({ clock }: Scenario): string[] {
  return clock?.time === undefined ? [] : ["--offset", "+1m"];
}

/** The reactions of all clients to a scenario, each to replies of its own. */
async function verdictsOn(scenario: Scenario): Promise<Record<string, ScenarioVerdict>> {
  await using network = await Network.create();
  const server = network.start(
    [...timesrv, "--scenario", scenario.name, ...afterEvent(scenario), `ntp://${host}`],
  );
  await server.waitFor(/Transport: /);
  const ask = (client: ClientName): Promise<Finding> => askAs(client, { network, host, timecli });
  // What is to happen after some requests has happened, too.
  for (let i = 0; i < 4; i++) await ask("ntpdig");
  const truth = await ask("timecli");
  const verdicts: [string, ScenarioVerdict][] = [];
  for (const client of clientNames) {
    const { offset } = await ask(client);
    if (offset === undefined) verdicts.push([client, "refuses"]);
    else {
      // A clock that stands still is ever further behind.
      const again = await ask("timecli");
      const [low, high] = [truth, again].map((each) => each.offset ?? NaN)
        .toSorted((a, b) => a - b);
      const follows = offset > (low ?? NaN) - LARGEST_ERROR_SECONDS &&
        offset < (high ?? NaN) + LARGEST_ERROR_SECONDS;
      verdicts.push([client, follows ? "follows" : "misreads"]);
    }
  }
  return Object.fromEntries(verdicts);
}

Deno.test(
  await where(
    { ...source.needs, ...oneShotNeeds },
    "each client reacts to each scenario as its table states",
    async () => {
      const left = Object.values(scenarios);
      const found: Record<string, unknown> = {};
      const work = async (): Promise<void> => {
        for (let next = left.shift(); next !== undefined; next = left.shift()) {
          found[next.name] = await verdictsOn(next);
        }
      };
      await Promise.all([work(), work(), work()]);
      const expected = Object.values(scenarios).map(({ name, clients }) => [name, clients]);
      assertEquals(found, Object.fromEntries(expected));
    },
  ),
);
