import { assert, assertAlmostEquals, assertEquals, assertMatch } from "@std/assert";
import { serve } from "../../src/server/serve.ts";
import { run } from "../support/process.ts";
import { bothPrograms, root, testsOf } from "../support/programs.ts";
import { simulatedClock } from "../support/simulated_clock.ts";
import { freePort } from "../support/udp_client.ts";
import { assertDocumented, isDocumented } from "../support/documented.ts";
import { compareErrors } from "../support/timecli_usage_errors.ts";

for (const { kind, needs, timecli } of await bothPrograms()) {
  const test = testsOf("timecli compare", { kind, needs });
  const compare = (...urls: readonly string[]) =>
    run([...timecli, "compare", "--count", "2", "--interval", "0", ...urls]);

  Deno.test(
    await test("reports a mistake on its command line in one line", async () => {
      for (const [args, message] of compareErrors.slice(0, 2)) {
        const { code, stdout, stderr } = await run([...timecli, "compare", ...args]);
        assertMatch(stderr, /^timecli: [^\n]+\n$/);
        assertMatch(stderr, message);
        assertEquals([code, stdout], [2, ""]);
      }
    }),
  );

  Deno.test(
    await test("names falsetickers, and reports that there is no majority", async () => {
      const ntp = "ntp://127.0.0.1:0";
      await using right = await serve([ntp, ntp]);
      await using wrong = await serve(ntp, { clock: simulatedClock(-5) });
      const [a = "", b = "", falseticker = ""] = [...right.addresses, ...wrong.addresses]
        .map(({ url }) => url);
      const silent = `ntp://127.0.0.1:${freePort()}`;

      const three = await compare(a, falseticker, b);
      assertMatch(three.stdout, /^SERVER +OFFSET .* REPLIES +VERDICT\n/);
      const verdicts = [...three.stdout.matchAll(/^ntp:.* 2\/2 +(\w+)$/gm)].map(([, word]) => word);
      assertEquals(verdicts, ["agrees", "falseticker", "agrees"]);
      assertMatch(
        three.stdout,
        /\n\n\S+ is wrong: [-+]5\.0\d\d s from the other two\.\nBest estimate +[+-].* ± .*\n$/,
      );
      assertEquals([three.code, three.stderr], [20, ""]);

      const json = await compare("--json", a, falseticker, b, silent);
      const comparison = JSON.parse(json.stdout);
      assertDocumented(comparison, "compare");
      const { outcome, servers } = comparison;
      assertEquals(outcome, "disagree");
      assertEquals(
        servers.map(({ url, verdict }: Record<string, unknown>) => [url, verdict]),
        [[a, "agrees"], [falseticker, "falseticker"], [b, "agrees"], [silent, "failed"]],
      );
      assertEquals(servers[3].error.reason, "refused");
      assertAlmostEquals(servers[1].deviation, -5, 0.1);
      for (
        const wrong of [
          { ...comparison, offset: undefined },
          { ...comparison, outcome: "alone" },
          { ...comparison, servers: [] },
          { ...comparison, servers: [{ ...servers[0], verdict: "failed" }] },
          { ...comparison, servers: [{ ...servers[3], verdict: "agrees" }] },
          { ...comparison, servers: [{ ...servers[0], delay: undefined }] },
        ]
      ) {
        const plain = JSON.parse(JSON.stringify(wrong));
        assert(!isDocumented(plain, "compare"), JSON.stringify(plain));
      }
      for (
        const [outcome, ...urls] of [
          ["agree", a, b],
          ["disagree", a, falseticker],
          ["alone", a, silent],
          ["failed", silent, "-i", "1s", "nosuch.invalid"],
        ] as const
      ) {
        const said = JSON.parse((await compare("--json", ...urls)).stdout);
        assertDocumented(said, "compare");
        assertEquals(said.outcome, outcome);
      }

      const two = await compare(a, falseticker);
      assertMatch(
        two.stdout,
        /undecided(.|\n)*undecided\n\nThe two servers disagree, and two cannot show which is wrong/,
      );
      assertEquals(two.code, 21);
      const both = await compare(a, b);
      assertMatch(both.stdout, /\n\nBoth servers agree\.\nBest estimate /);
      assertEquals(both.code, 0);
      const one = await compare(a, silent);
      assertMatch(
        one.stdout,
        /alone\n\S+ +0\/1 +failed\n\n.*Nothing listens.*\n\n.*nothing to compare it/,
      );
      assertEquals([one.code, (await compare(a)).code], [4, 0]);
      const none = await compare(silent, "-i", "1s", "nosuch.invalid");
      assertMatch(none.stdout, /\n\nNo server sent a time\.\n$/);
      assertEquals(none.code, 4);
    }),
  );

  Deno.test(
    await test("gives a server under two names one vote, in every form", async () => {
      await using server = await serve("ntp://127.0.0.1:0");
      const [url = ""] = server.addresses.map(({ url }) => url);
      const alias = url.replace("127.0.0.1", "localhost");
      const text = await compare(url, url, "-4", alias);
      assertMatch(
        text.stdout,
        /\n\n\S+: the same server as \S+, one vote\n\nOne server sent a time/,
      );
      assertEquals(text.stdout.match(/ alone$/gm)?.length, 2);
      const json = JSON.parse((await compare("--json", url, "-4", alias)).stdout);
      assertDocumented(json, "compare");
      assertEquals(json.servers[1].same_as, url);
      const csv = await compare("--csv", url, "-4", alias);
      const [names = [], , second = []] = csv.stdout.split("\r\n").map((line) => line.split(","));
      const cells = ["url", "verdict", "same_as", "outcome"].map((name) =>
        second[names.indexOf(name)]
      );
      assertEquals(cells, [alias, "alone", url, "alone"]);
    }),
  );

  Deno.test(
    await test("fits the terminal", async () => {
      await using server = await serve(["ntp://127.0.0.1:0", "ntp://127.0.0.1:0"]);
      const urls = server.addresses.map(({ url }) => url);
      const terminal = ["python3", `${root}tests/e2e/on_terminal.py`, "80"] as const;
      const args = ["compare", "-i", "0", "-s", "2", ...urls];
      const env = { LC_ALL: "C", NO_COLOR: "1" };
      const { stderr } = await run([...terminal, ...timecli, ...args], { env });
      const [, head = "", ...rows] = stderr.split(/(?=SERVER )|\r\n/);
      assertMatch(head, /^SERVER +OFFSET .* VERDICT$/);
      for (const row of rows) assert(row.length <= 80 && /^[\x20-\x7e]*$/.test(row), row);
      assertMatch(rows[0] ?? "", / [um]s .* agrees$/);
    }, { ...needs, commands: ["python3"] }),
  );
}
