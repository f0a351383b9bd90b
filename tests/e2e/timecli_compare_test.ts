import { assert, assertEquals, assertMatch } from "@std/assert";
import { serve } from "../../src/server/serve.ts";
import { lyingClock } from "../client/lying_clock.ts";
import { assertDocumented, isDocumented } from "../documented.ts";
import { bothPrograms, run, testWith } from "../helpers.ts";
import { freePort } from "../traffic.ts";

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
    const comparison = JSON.parse(json.stdout);
    assertDocumented(comparison, "compare");
    const { outcome, servers } = comparison;
    assertEquals(outcome, "disagree");
    assertEquals(
      servers.map(({ url, verdict }: Record<string, unknown>) => [url, verdict]),
      [[a, "agrees"], [liar, "falseticker"], [b, "agrees"], [silent, "failed"]],
    );
    assertEquals(servers[3].error.reason, "refused");
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
        ["disagree", a, liar],
        ["alone", a, silent],
        ["failed", silent, "nosuch.invalid"],
      ] as const
    ) {
      const said = JSON.parse((await compare("--json", ...urls)).stdout);
      assertDocumented(said, "compare");
      assertEquals(said.outcome, outcome);
    }

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
