/** `deno task fuzz`: everything that takes octets from strangers, given a minute's worth of them. */
import { CommanderError, InvalidArgumentError, Option } from "@commander-js/extra-typings";
import { createBenchCommand, seconds, writeLine } from "../../scripts/bench/options.ts";
import { layOutTable } from "../../src/text/table.ts";
import { chooseTransport } from "../../src/server/transport.ts";
import { describeFinding, type Finding } from "./fuzz.ts";
import { createJobs, type Job } from "./jobs.ts";
import { protocols } from "./server_target.ts";

/** How long a job has its turn, for each of its shares. */
const TURN_MS = 25;

function parseSeed(text: string): number {
  const seed = Number(text);
  if (/^\d+$/.test(text) && seed < 2 ** 32) return seed;
  throw new InvalidArgumentError("Expected a whole number from 0 to 4294967295.");
}

function parseCase(text: string): { name: string; index: number } {
  const [, name, index] = /^([a-z0-9-]+):(\d+)$/.exec(text) ?? [];
  if (name !== undefined && Number(index) < Number.MAX_SAFE_INTEGER) {
    return { name, index: Number(index) };
  }
  throw new InvalidArgumentError("Expected a target and a number, such as ntp:1234.");
}

const randomSeed = (): number => crypto.getRandomValues(new Uint32Array(1))[0] ?? 0;

async function main(args: readonly string[]): Promise<number> {
  const protocol = new Option("--protocol <name>", "only this one")
    .choices(protocols);
  const options = createBenchCommand(
    "fuzz",
    "Gives the responders, the readers, the client and the server octets that are almost right, " +
      "and exits with 1 if one of them breaks a rule.",
  )
    .option("--seconds <s>", "how long", seconds, 60)
    .option("--seed <n>", "which cases; any others without it", parseSeed)
    .addOption(protocol)
    .option("--case <target:index>", "only this case of the seed, as a finding names it", parseCase)
    .allowExcessArguments(false)
    .parse(args, { from: "user" })
    .opts();
  const { seed = randomSeed() } = options;
  const single = options.case;

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
  const chosen = jobs.filter((job) => [undefined, job.protocol].includes(options.protocol));
  await writeLine(Deno.stdout, `Seed ${seed}`);
  return await runAll(chosen, seed, options.seconds);
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
  return [job.name, whole(inputs), whole(inputs * 1000 / spentMs), outcomes.join(", ")];
}

function summary(all: readonly Progress[], startMs: number): string {
  const inputs = all.reduce((sum, { job, next }) => sum + next - job.first, 0);
  const seconds = (performance.now() - startMs) / 1000;
  return `${seconds.toFixed(1)} s, ${whole(inputs)} inputs, ${whole(inputs / seconds)} a second`;
}

function whole(count: number): string {
  return Math.round(count).toLocaleString("en");
}

function showProgress(all: readonly Progress[], startMs: number): void {
  if (!Deno.stderr.isTerminal()) return;
  Deno.stderr.writeSync(new TextEncoder().encode(`\r\x1b[K${summary(all, startMs)}`));
}

if (import.meta.main) {
  try {
    Deno.exitCode = await main(Deno.args);
  } catch (error) {
    // commander has said what it has to say; help comes this way too, with code 0.
    if (error instanceof CommanderError) Deno.exitCode = error.exitCode === 0 ? 0 : 2;
    else {
      await writeLine(Deno.stderr, `fuzz: ${error instanceof Error ? error.message : error}`);
      Deno.exitCode = 1;
    }
  }
}
