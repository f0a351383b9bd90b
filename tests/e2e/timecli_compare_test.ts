import { assertEquals, assertMatch } from "@std/assert";
import { serve } from "../../src/server/serve.ts";
import { lyingClock } from "../client/lying_clock.ts";
import { bothPrograms, run, testWith } from "../helpers.ts";
import { freePort } from "../traffic.ts";
import { assertDocumented } from "./documented.ts";

const usageErrors: readonly (readonly [readonly string[], RegExp])[] = [
  [[], /missing required argument 'urls'/],
  [["127.0.0.1", "asctime://127.0.0.1"], /asctime tells no offset/],
  [["127.0.0.1", "--samples", "none"], /'none' is invalid/],
  [["127.0.0.1", "--interval", "-1s"], /'-1s' is invalid/],
  [["127.0.0.1", "--timeout", "0"], /'0' is invalid/],
  [["127.0.0.1", "-4", "-6"], /--ipv4.*--ipv6/],
  [["127.0.0.1", "--quiet"], /unknown option '--quiet'/],
];

for (const { kind, needs, timecli } of await bothPrograms()) {
  const test = (name: string, fn: () => Promise<void>): Promise<void> =>
    testWith(needs, `timecli compare (${kind}): ${name}`, fn);
  const compare = (...urls: readonly string[]) =>
    run([...timecli, "compare", "--samples", "2", "--interval", "0", ...urls]);

  await test("says in one line what is wrong with its command line", async () => {
    for (const [args, message] of usageErrors) {
      const { code, stdout, stderr } = await run([...timecli, "compare", ...args]);
      assertMatch(stderr, /^timecli: [^\n]+\n$/);
      assertMatch(stderr, message);
      assertEquals([code, stdout], [2, ""]);
    }
  });

  await test("names falsetickers, and says where nothing can be decided", async () => {
    const ntp = "ntp://127.0.0.1:0";
    await using right = await serve([ntp, ntp]);
    await using wrong = await serve(ntp, { clock: lyingClock(-5) });
    const [a = "", b = "", liar = ""] = [...right.addresses, ...wrong.addresses]
      .map(({ url }) => url);
    const silent = `ntp://127.0.0.1:${freePort()}`;

    const three = await compare(a, liar, b);
    assertMatch(three.stdout, /^SERVER +OFFSET .* REACH +VERDICT\n/);
    const verdicts = [...three.stdout.matchAll(/^ntp:.* 2\/2 +(\w+)$/gm)].map(([, word]) => word);
    assertEquals(verdicts, ["agrees", "falseticker", "agrees"]);
    assertMatch(three.stdout, /\n\n2 of 3 servers agree; .*\nBest estimate +[+-].* ± .*\n$/);
    assertEquals([three.code, three.stderr], [1, ""]);

    const json = await compare("--json", a, liar, b, silent);
    const { schema, outcome, servers } = JSON.parse(json.stdout);
    assertEquals(schema, 1);
    for (const { verdict: _, ...server } of servers) assertDocumented(server);
    assertEquals(outcome, "disagree");
    assertEquals(
      servers.map(({ url, verdict }: Record<string, unknown>) => [url, verdict]),
      [[a, "agrees"], [liar, "falseticker"], [b, "agrees"], [silent, "failed"]],
    );
    assertEquals(servers[3].error.reason, "refused");

    const two = await compare(a, liar);
    assertMatch(
      two.stdout,
      /undecided(.|\n)*undecided\n\nThe two servers disagree: which is wrong/,
    );
    assertEquals(two.code, 1);
    const both = await compare(a, b);
    assertMatch(both.stdout, /\n\nBoth servers agree\.\nBest estimate /);
    assertEquals(both.code, 0);
    const one = await compare(a, silent);
    assertMatch(one.stdout, /alone\n.*Nothing listens.*\n\n.*nothing to compare it with\.\n$/);
    assertEquals([one.code, (await compare(a)).code], [4, 0]);
    const none = await compare(silent, "nosuch.invalid");
    assertMatch(none.stdout, /\n\nNo server told a time\.\n$/);
    assertEquals(none.code, 4);
  });
}
