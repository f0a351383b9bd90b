import { assert, assertEquals, assertMatch } from "@std/assert";
import { where } from "../support/needs.ts";
import { type Outcome, run } from "../support/process.ts";
import { root } from "../support/programs.ts";

const needs = { permissions: [{ name: "run" }, { name: "read" }] } as const;

const fuzz = (...args: string[]): Promise<Outcome> =>
  run([Deno.execPath(), "run", "--quiet", "-A", `${root}tests/fuzz/main.ts`, ...args], {
    cwd: root,
  });

Deno.test(
  await where(needs, "deno task fuzz runs for its duration, on one protocol", async () => {
    const { code, stdout, stderr } = await fuzz(
      "--seconds",
      "0.5",
      "--seed",
      "7",
      "--protocol",
      "ntp",
    );
    assertEquals([code, stderr], [0, ""]);
    assert(stdout.startsWith("Seed 7\n"), stdout);
    const targets = [...stdout.matchAll(/^(\S*-?ntp) +\d/gm)].map(([, name]) => name);
    const expected = ["ntp", "read-ntp", "read-explained-ntp", "query-ntp", "datagram-ntp"];
    assertEquals(targets.slice(0, 5), expected);
    assertMatch(stdout, / inputs, .* a second, 0 findings\n$/);
  }),
);

Deno.test(
  await where(needs, "deno task fuzz tries one case again", async () => {
    for (
      const name of [
        "auto",
        "read-daytime",
        "datagram-time",
        "query-asctime",
        "text-instant",
        "http-client",
      ]
    ) {
      const { code, stdout } = await fuzz("--seed", "7", "--case", `${name}:600000`);
      assertEquals([code, stdout], [0, "No rule was broken.\n"], name);
    }
  }),
);

Deno.test(
  await where(needs, "deno task fuzz takes the targets of a name, and compares times", async () => {
    const some = await fuzz("--seconds", "0.2", "--target", "text-option-r");
    const names = [...some.stdout.matchAll(/^(text\S+) +\d/gm)].map(([, name]) => name);
    const expected = ["text-option-rate", "text-option-referenceid", "text-option-rootdelay"];
    assertEquals([some.code, names], [0, [...expected, "text-option-ratelimit"]]);
    const timing = await fuzz("--timing", "--target", "text-token");
    assertEquals(timing.code, 0);
    assertMatch(timing.stdout, /^1 parsers, \d{3,} texts, 0 not linear\n$/);
  }),
);

Deno.test(
  await where(needs, "deno task fuzz names what is wrong with its command line", async () => {
    for (const args of [["--seed", "-1"], ["--case", "ntp"], ["--protocol", "echo"], ["more"]]) {
      const { code, stdout, stderr } = await fuzz(...args);
      assertEquals([code, stdout], [2, ""], args.join(" "));
      assertMatch(stderr, /^fuzz: .+\n$/);
    }
  }),
);
