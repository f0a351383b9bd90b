/** The verdicts of the recorder on clients of other projects, as docs/testing.md states them. */
import { assertEquals } from "@std/assert";
import { where } from "../support/needs.ts";
import { Network } from "../support/peers.ts";
import { root, source } from "../support/programs.ts";
import { askAs, type ClientName, clientNames, oneShotNeeds } from "./one_shot_clients.ts";

const host = "127.0.0.1";

/** The rules that one run of a client breaks. */
async function rulesBrokenBy(client: ClientName): Promise<string[]> {
  await using network = await Network.create();
  const server = network.start(
    [...source.timesrv, "--record", "-", `ntp://${host}`],
    { stdout: "piped" },
  );
  await server.waitFor(/Transport: /);
  await askAs(client, { network, host, timecli: source.timecli });
  await server.stop();
  const lines = server.stdout.trimEnd().split("\n").map((line) => JSON.parse(line));
  const { requests, findings } = lines.at(-1);
  assertEquals(
    lines.length,
    requests + 2,
    `${client}: the ready line, each request, the last line`,
  );
  return Object.keys(findings).toSorted();
}

Deno.test(
  await where(
    { ...source.needs, ...oneShotNeeds },
    "the recorder finds in each client what its table states",
    async () => {
      const page = await Deno.readTextFile(`${root}docs/testing.md`);
      const rows = page.matchAll(/^\| `(\w+)` \([^|]*\| (.*?) +\|$/gm);
      const stated = Array.from(rows, ([, name, rules = ""]) => [
        name,
        Array.from(rules.matchAll(/`(\w+)`/g), ([, rule]) => rule),
      ]);
      const found = await Promise.all(
        clientNames.map(async (name) => [name, await rulesBrokenBy(name)]),
      );
      assertEquals(Object.fromEntries(found), Object.fromEntries(stated));
    },
  ),
);
