import { assertEquals } from "@std/assert";
import { plainTargets } from "../../../../src/cli/timecli/query/plain_targets.ts";
import { definition } from "../../../../src/cli/timecli/timecli.ts";
import { where } from "../../../support/needs.ts";

Deno.test("plainTargets accepts targets, and leaves options and subcommands to Commander", () => {
  const plain = [[], ["ntp://a.example"], ["127.0.0.1", "[::1]:8888"], ["asctime://bench"]];
  for (const args of plain) assertEquals(plainTargets(args), args);
  const others = [
    ...[["--json", "ntp://a.example"], ["ntp://a.example", "-q"], ["--", "a.example"], ["-h"], [
      "-",
    ]],
    ...[["localhost"], ["a.example", "localhost"], [""], ["complete"]],
    ...definition.subcommands.map(({ name }) => [name]),
  ];
  for (const args of others) assertEquals(plainTargets(args), undefined, `${args}`);
});

Deno.test(
  await where(
    { permissions: [{ name: "env" }] },
    "plainTargets heeds the environment for each option of timecli",
    () => {
      const named = definition.program.options.filter(({ long }) => long !== "--version");
      for (const option of named) {
        const variable = `TIMECLI_${option.name().toUpperCase()}`;
        Deno.env.set(variable, "1");
        try {
          assertEquals(plainTargets(["ntp://a.example"]), undefined, variable);
        } finally {
          Deno.env.delete(variable);
        }
      }
      assertEquals(plainTargets(["ntp://a.example"]), ["ntp://a.example"]);
    },
  ),
);
