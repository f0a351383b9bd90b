/** The documents agree with the files, tasks, packages and schemas that they describe. */
import { assert, assertEquals } from "@std/assert";
import { dirname, resolve } from "node:path";
import { where } from "../support/needs.ts";
import { root } from "../support/programs.ts";
import config from "../../deno.json" with { type: "json" };
import timecli from "../../docs/timecli.schema.json" with { type: "json" };
import explain from "../../docs/timecli_explain.schema.json" with { type: "json" };

const needs = { permissions: [{ name: "read" }] } as const;

async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}

/** The paths of all documents, from the project's folder. */
async function documents(): Promise<string[]> {
  const paths: string[] = ["tests/README.md"];
  for (const folder of ["", "docs/"]) {
    for await (const { name } of Deno.readDir(root + folder)) {
      if (name.endsWith(".md")) paths.push(folder + name);
    }
  }
  return paths;
}

Deno.test(
  await where(needs, "documents: every file that is named exists", async () => {
    const missing: string[] = [];
    for (const path of await documents()) {
      const page = await Deno.readTextFile(root + path);
      for (const [, target = ""] of page.matchAll(/\]\(([^)#\s]+)[^)]*\)/g)) {
        if (/^\w+:/.test(target)) continue;
        if (!await exists(resolve(root, dirname(path), target))) missing.push(`${path}: ${target}`);
      }
      for (const [, file = ""] of page.matchAll(/`((?:src|tests|scripts|docs)\/[\w.\/]+)`/g)) {
        if (!await exists(root + file)) missing.push(`${path}: ${file}`);
      }
    }
    assertEquals(missing, []);
  }),
);

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

/** The text of every module of `src/`, one after the other. */
async function sourceText(folder = `${root}src/`): Promise<string> {
  const texts: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (isDirectory) texts.push(await sourceText(`${folder}${name}/`));
    else texts.push(await Deno.readTextFile(folder + name));
  }
  return texts.join("\n");
}

Deno.test(
  await where(needs, "docs/architecture.md names functions and classes that exist", async () => {
    const page = await Deno.readTextFile(`${root}docs/architecture.md`);
    const source = await sourceText();
    const called = [...page.matchAll(/\b([a-z]\w+)\(\)/g)].map(([, name = ""]) => name);
    const types = [...page.matchAll(/\b([A-Z][a-z]+[A-Z]\w+)\b/g)].map(([, name = ""]) => name);
    for (const name of called) {
      assert(RegExp(`\\b${name}\\??\\(|function ${name}\\b`).test(source), `${name}()`);
    }
    for (const name of types) {
      assert(RegExp(`(class|interface|type) ${name}\\b`).test(source), name);
    }
    assert(called.length > 20 && types.length > 8, "the names are found");
  }),
);
