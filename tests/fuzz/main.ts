/** `deno task fuzz`: everything that takes octets from strangers, given a minute's worth of them. */
import { runCommand, writeLine } from "../../scripts/bench/options.ts";
import { type Arguments, defineCommand } from "../../src/cli/shared/command.ts";
import { field, flag, oneOf, positive, text, whole } from "../../src/options/field.ts";
import { layOutTable } from "../../src/text/table.ts";
import { formatCount } from "../../src/text/units.ts";
import { chooseTransport } from "../../src/server/transport.ts";
import { describeFinding, type Finding } from "./fuzz.ts";
import { parsers } from "./inputs/parsers.ts";
import { findSteep, formatSteep } from "./inputs/timing.ts";
import { createJobs, type Job } from "./jobs.ts";
import { protocols } from "./server_target.ts";

/** How long a job has its turn, for each of its shares. */
const TURN_MS = 25;

function parseCase(text: string): { name: string; index: number } | undefined {
  const [, name, index] = /^([a-z0-9-]+):(\d+)$/.exec(text) ?? [];
  return name !== undefined && Number(index) < Number.MAX_SAFE_INTEGER
    ? { name, index: Number(index) }
    : undefined;
}

const randomSeed = (): number => crypto.getRandomValues(new Uint32Array(1))[0] ?? 0;

const groups = {
  "Options:": {
    seconds: positive(86_400, {
      name: "seconds",
      syntax: "<seconds>",
      help: "time to run",
      unit: "seconds",
      default: "60",
    }),
    seed: whole(0, 2 ** 32 - 1, {
      name: "seed",
      syntax: "<n>",
      help: "random seed of the cases; another one each time without it",
    }),
    protocol: oneOf(protocols, { name: "protocol", syntax: "<name>", help: "only this protocol" }),
    target: text("a name", () => {}, {
      name: "target",
      syntax: "<name>",
      help: "only the targets whose names begin so, such as text-",
    }),
    timing: flag({
      name: "timing",
      help: "compare the times of parsers for 10,000 and 100,000 characters",
    }),
    case: field(
      {
        name: "case",
        syntax: "<target:index>",
        help: "only this case of the seed, as a finding names it",
      },
      "a target and a number, such as ntp:1234",
      (given) => parseCase(String(given)),
    ),
  },
} as const;

const command = defineCommand({
  name: "fuzz",
  hasManual: false,
  description:
    "Gives everything that reads datagrams, texts, files or requests of others inputs that are " +
    "almost right, and exits with 1 if one of them breaks a rule.",
  positionals: [],
  groups,
  notes: "",
  run,
});

async function run({ values }: Arguments<typeof groups>): Promise<number> {
  const { seed = randomSeed(), seconds: runSeconds = 60, protocol, target = "", case: single } =
    values;
  if (values.timing) return await runTiming(target);
  await using stack = new AsyncDisposableStack();
  const jobs = await createJobs(chooseTransport({ transport: "auto" }).transport === "mmsg");
  jobs.forEach((job) => stack.use(job));
  if (single !== undefined) {
    const job = jobs.find(({ name }) => name === single.name);
    if (job === undefined) throw new Error(`there is no target ${single.name}`);
    const { index } = single;
    const { finding } = await job.fuzz({ seed, from: index, to: index + 1 });
    await writeLine(Deno.stdout, finding ? describeFinding(finding) : "No rule was broken.");
    return finding ? 1 : 0;
  }
  const chosen = jobs.filter((job) =>
    (protocol === undefined || job.protocol === protocol) && job.name.startsWith(target)
  );
  await writeLine(Deno.stdout, `Seed ${seed}`);
  return await runAll(chosen, seed, runSeconds);
}

/** Finds parsers whose time is not linear in the length of their text. */
async function runTiming(target: string): Promise<number> {
  const tried = new Map<string, number>();
  const chosen = parsers.filter(({ name }) => `text-${name}`.startsWith(target));
  const steep = chosen.flatMap((parser) => findSteep(parser, tried));
  const texts = [...tried.values()].reduce((sum, each) => sum + each, 0);
  if (steep.length > 0) await writeLine(Deno.stdout, `${formatSteep(steep)}\n`);
  await writeLine(
    Deno.stdout,
    `${tried.size} parsers, ${formatCount(texts)} texts, ${steep.length} not linear`,
  );
  return steep.length === 0 ? 0 : 1;
}

/** What became of a job. */
interface Progress {
  readonly job: Job;
  next: number;
  spentMs: number;
  finding?: Finding;
}

async function runAll(jobs: readonly Job[], seed: number, runSeconds: number): Promise<number> {
  const all = jobs.map((job): Progress => ({ job, next: job.first, spentMs: 0 }));
  const startMs = performance.now();
  const endMs = startMs + runSeconds * 1000;
  while (performance.now() < endMs && all.some(({ finding }) => finding === undefined)) {
    for (const progress of all) {
      // One finding of a target is enough: the next would be the same.
      if (progress.finding === undefined) await takeTurn(progress, seed, endMs);
      showProgress(all, startMs);
    }
  }
  if (Deno.stderr.isTerminal()) Deno.stderr.writeSync(new TextEncoder().encode("\r\x1b[K"));
  await writeLine(Deno.stdout, layOutTable([HEAD, ...all.map(rowOf)]));
  const findings = all.flatMap(({ finding }) => finding ?? []);
  for (const finding of findings) await writeLine(Deno.stdout, `\n${describeFinding(finding)}`);
  await writeLine(Deno.stdout, `\n${summary(all, startMs)}, ${findings.length} findings`);
  return findings.length === 0 ? 0 : 1;
}

async function takeTurn(progress: Progress, seed: number, endMs: number): Promise<void> {
  const { job, next } = progress;
  const beganMs = performance.now();
  const turnEndMs = Math.min(beganMs + TURN_MS * job.share, endMs);
  const isOver = (): boolean => performance.now() >= turnEndMs;
  const turn = await job.fuzz({ seed, from: next, to: Infinity, isOver });
  progress.next = turn.next;
  progress.spentMs += performance.now() - beganMs;
  if (turn.finding) progress.finding = turn.finding;
}

const HEAD = ["TARGET", "INPUTS", "A SECOND", "OUTCOMES"];

function rowOf({ job, next, spentMs }: Progress): string[] {
  const inputs = next - job.first;
  const outcomes = [...job.outcomes ?? []].map(([name, count]) => `${name} ${count}`);
  return [job.name, formatCount(inputs), formatCount(inputs * 1000 / spentMs), outcomes.join(", ")];
}

function summary(all: readonly Progress[], startMs: number): string {
  const inputs = all.reduce((sum, { job, next }) => sum + next - job.first, 0);
  const seconds = (performance.now() - startMs) / 1000;
  return `${seconds.toFixed(1)} s, ${formatCount(inputs)} inputs, ${
    formatCount(inputs / seconds)
  } a second`;
}

function showProgress(all: readonly Progress[], startMs: number): void {
  if (!Deno.stderr.isTerminal()) return;
  Deno.stderr.writeSync(new TextEncoder().encode(`\r\x1b[K${summary(all, startMs)}`));
}

if (import.meta.main) Deno.exit(await runCommand(command));
