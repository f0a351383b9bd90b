/** The documents agree with the tasks, packages and schemas that they describe. */
import { assert } from "@std/assert";
import { where } from "../support/needs.ts";
import { root } from "../support/programs.ts";
import config from "../../deno.json" with { type: "json" };
import timecli from "../../docs/timecli.schema.json" with { type: "json" };
import explain from "../../docs/timecli_explain.schema.json" with { type: "json" };

const needs = { permissions: [{ name: "read" }] } as const;

Deno.test(
  await where(needs, "CONTRIBUTING.md has every task and every package", async () => {
    const page = await Deno.readTextFile(`${root}CONTRIBUTING.md`);
    const packages = Object.values(config.imports).map((specifier) =>
      specifier.replace(/^npm:(@?[^@]+)@.*/, "$1")
    );
    for (const name of [...Object.keys(config.tasks), ...packages]) {
      assert(page.includes(`\`${name}\``), name);
    }
  }),
);

/** The names of all properties that a schema describes. */
function* keysOf(schema: unknown): Generator<string> {
  if (schema === null || typeof schema !== "object") return;
  for (const [name, inner] of Object.entries(schema)) {
    if (name === "properties") yield* Object.keys(inner);
    yield* keysOf(inner);
  }
}

Deno.test(
  await where(needs, "docs/output.md has every key of the schemas", async () => {
    const page = await Deno.readTextFile(`${root}docs/output.md`);
    for (const key of keysOf([timecli, explain])) assert(RegExp(`[\`.]${key}\``).test(page), key);
  }),
);
