/** `deno task mutate`: changes the source a little, many times, and counts the changes that the tests notice. */
import { type Arguments, defineCommand } from "../../src/cli/shared/command.ts";
import { UsageError } from "../../src/cli/shared/errors.ts";
import { flag, number, whole } from "../../src/options/field.ts";
import { layOutTable } from "../../src/text/table.ts";
import { outputOf, ROOT } from "../bench/commands.ts";
import { count, runCommand, writeLine } from "../bench/options.ts";
import { Judge, type Verdict } from "./judge.ts";
import { chooseMutants, describeMutant, type Mutant, mutantsOf } from "./mutants.ts";
import { TestFiles } from "./test_files.ts";

const groups = {
  "Options:": {
    count: count(100_000, {
      name: "count",
      short: "n",
      help: "the number of mutations",
      default: "300",
    }),
    seed: whole(0, 2 ** 32 - 1, {
      name: "seed",
      syntax: "<n>",
      help: "random seed of the choice; another one each time without it",
    }),
    jobs: count(64, { name: "jobs", help: "the number of mutations tried at once", default: "2" }),
    minutes: number(0.1, 1440, {
      name: "minutes",
      syntax: "<n>",
      unit: "minutes",
      help: "begin no further mutation after this time",
      default: "90",
    }),
    list: flag({ name: "list", help: "print the chosen mutations without trying them" }),
  },
} as const;

const command = defineCommand({
  name: "mutate",
  hasManual: false,
  description:
    "Changes the source in one place at a time, as a mistake would, and runs the tests that mirror, " +
    "import or reach the changed file. Prints each change that no test notices.",
  positionals: [{
    name: "path",
    help: "a folder or file of src/; without one, all of src/ but src/cli/",
    isRepeatable: true,
  }],
  groups,
  notes: "",
  run,
});

/** A mutant and its verdict. */
interface Trial {
  readonly mutant: Mutant;
  readonly verdict: Verdict;
}

async function run({ values, positionals }: Arguments<typeof groups>): Promise<number> {
  const { seed = crypto.getRandomValues(new Uint32Array(1))[0] ?? 0, minutes = 90 } = values;
  const listed = await outputOf(
    "list the files",
    [
      ...["git", "ls-files", "--cached", "--others", "--exclude-standard"],
    ] as const,
  );
  const files = listed.split("\n");
  const texts = await readTexts(files.filter((path) => /^(src|tests)\/.*\.ts$/.test(path)));
  const paths = choosePaths([...texts.keys()], positionals);
  const all = paths.flatMap((path) => [...mutantsOf(path, texts.get(path) ?? "")]);
  const mutants = chooseMutants(all, values.count ?? 300, seed);
  await print(
    `Seed ${seed}: ${mutants.length} of ${all.length} mutations in ${paths.length} files`,
  );
  if (values.list) {
    for (const mutant of mutants) await print(describeMutant(mutant));
    return 0;
  }
  const testFiles = new TestFiles(texts);
  const trials = await tryAll(mutants, files, testFiles, values.jobs ?? 2, minutes * 60_000);
  await print(`\n${layOutTable([HEAD, ...summarize(trials)])}`);
  if (trials.length < mutants.length) {
    await print(`Not tried in the time: ${mutants.length - trials.length}`);
  }
  return 0;
}

/** The files of src/ in which to make mutations. */
function choosePaths(all: readonly string[], chosen: readonly string[]): string[] {
  const sources = all.filter((path) => path.startsWith("src/"));
  if (chosen.length === 0) return sources.filter((path) => !path.startsWith("src/cli/"));
  const prefixes = chosen.map((path) => path.replace(/^\.\//, "").replace(/\/$/, ""));
  const unknown = prefixes.find((prefix) => !sources.some((path) => isBelow(path, prefix)));
  if (unknown !== undefined) throw new UsageError(`There is no source file in "${unknown}"`);
  return sources.filter((path) => prefixes.some((prefix) => isBelow(path, prefix)));
}

function isBelow(path: string, prefix: string): boolean {
  return path === prefix || path.startsWith(`${prefix}/`);
}

async function readTexts(paths: readonly string[]): Promise<Map<string, string>> {
  const texts = new Map<string, string>();
  for (const path of paths) texts.set(path, await Deno.readTextFile(new URL(path, ROOT)));
  return texts;
}

async function tryAll(
  mutants: readonly Mutant[],
  files: readonly string[],
  testFiles: TestFiles,
  jobs: number,
  limitMs: number,
): Promise<Trial[]> {
  const startMs = performance.now();
  await using stack = new AsyncDisposableStack();
  const judges: Judge[] = [];
  for (let job = 0; job < jobs; job++) judges.push(stack.use(await Judge.create(ROOT, files)));
  const failing = await findFailing(judges, mutants, testFiles);
  if (failing.length > 0) {
    await print(`Left out, for these fail without a change: ${failing.join(", ")}`);
  }
  const waiting = mutants.values();
  const trials: Trial[] = [];
  await Promise.all(judges.map(async (judge) => {
    for (const mutant of waiting) {
      if (performance.now() - startMs > limitMs) return;
      const stages = testFiles.stagesOf(mutant.path)
        .map((stage) => stage.filter((file) => !failing.includes(file)))
        .filter((stage) => stage.length > 0);
      const verdict = await judge.try(mutant, stages);
      trials.push({ mutant, verdict });
      if (verdict !== "killed") await print(`${verdict}: ${describeMutant(mutant)}`);
      showProgress(trials.length, mutants.length);
    }
  }));
  return trials;
}

/** The test files that fail as it is, which would be taken for having noticed every mutation. */
async function findFailing(
  judges: readonly Judge[],
  mutants: readonly Mutant[],
  testFiles: TestFiles,
): Promise<string[]> {
  const used = new Set(mutants.flatMap(({ path }) => testFiles.stagesOf(path).flat()));
  const shares = judges.map((_, job) => [...used].filter((_, i) => i % judges.length === job));
  const failing = await Promise.all(
    judges.map((judge, job) => shares[job]?.length ? judge.findFailing(shares[job]) : []),
  );
  return failing.flat();
}

const HEAD = ["ROOM", "MUTATIONS", "KILLED", "HUNG", "SURVIVED", "KILLED %"];

/** A row for each room, and one for all. */
function summarize(trials: readonly Trial[]): string[][] {
  const rooms = Map.groupBy(trials, ({ mutant }) => mutant.path.split("/").slice(0, 2).join("/"));
  const rows = [...rooms].toSorted(([a], [b]) => a < b ? -1 : 1);
  return [...rows, ["all", trials] as const].map(([room, some]) => {
    const numberOf = (verdict: Verdict): number =>
      some.filter((trial) => trial.verdict === verdict).length;
    const survived = numberOf("survived");
    const percent = 100 * (1 - survived / some.length);
    return [
      ...[room, `${some.length}`, `${numberOf("killed")}`, `${numberOf("hung")}`, `${survived}`],
      percent.toFixed(1),
    ];
  });
}

function print(text: string): Promise<void> {
  return writeLine(Deno.stdout, text);
}

function showProgress(done: number, all: number): void {
  if (!Deno.stderr.isTerminal()) return;
  Deno.stderr.writeSync(new TextEncoder().encode(`\r\x1b[K${done} of ${all}\r`));
}

if (import.meta.main) Deno.exit(await runCommand(command));
