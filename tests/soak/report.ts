/** What a soak came to: its figures, and what is wrong with them. */
import { summarize } from "../../scripts/bench/stats.ts";
import type { LoadResult } from "../../src/load/figures.ts";
import type { Protocol } from "../../src/protocols/registry.ts";
import { MAX_TASKS, type SlowReport } from "./slow_service.ts";
import type { Sample, StoppedLine } from "./subject.ts";

/** One protocol under load for a while. */
export interface Stretch extends LoadResult {
  readonly protocol: Protocol;
}

/** What became of one server. */
export interface SubjectReport {
  readonly transport: string;
  readonly stretches: readonly Stretch[];
  readonly samples: readonly Sample[];
  /** Datagrams of strangers. */
  readonly hostile: number;
  readonly stopped: StoppedLine;
  /** Datagrams for which the receive queues had no room. */
  readonly drops: number;
  /** Answers to those who are to get none. */
  readonly uninvited: number;
}

/** What became of all. */
export interface SoakReport {
  readonly seconds: number;
  readonly seed: number;
  readonly subjects: readonly SubjectReport[];
  readonly slow: SlowReport;
}

/** The first and the last quarter of something. */
export interface Drift {
  readonly first: number;
  readonly last: number;
}

/** From so many on, parts of a soak are compared: before, the first is a server that is just getting warm. */
const FEWEST_STRETCHES = 20;
const FEWEST_SAMPLES = 60;

/** Resident memory may move so much with the heap's comings and goings. */
const MEMORY_SLACK_KIB = 24 * 1024;

/** Threads that Deno starts for a file operation and ends again. */
const THREAD_SLACK = 4;

/** Latency may be so many times and so much more on a machine that others use too. */
const LATENCY_FACTOR = 10;
const LATENCY_SLACK_US = 5000;

/** Sums up the load of all stretches. */
export function loadOf(
  { stretches }: SubjectReport,
): Record<"sent" | "good" | "bad" | "lost" | "duplicate" | "stray", number> {
  const total = { sent: 0, good: 0, bad: 0, lost: 0, duplicate: 0, stray: 0 };
  const keys = Object.keys(total) as (keyof typeof total)[];
  for (const stretch of stretches) keys.forEach((key) => total[key] += stretch[key]);
  return total;
}

/** Datagrams that were refused, for whatever cause. */
export function refusedOf({ refused }: StoppedLine): number {
  return Object.values(refused).reduce((sum, count) => sum + count, 0);
}

/** The median latency of the stretches of the first quarter and of the last, where there are enough. */
export function latencyDrift({ stretches }: SubjectReport): Drift | undefined {
  if (stretches.length < FEWEST_STRETCHES) return undefined;
  return drift(stretches.map(({ latencyUs }) => latencyUs.p50 ?? NaN), 0);
}

/** How much memory was resident in the second quarter, the first being for the code to get warm, and in the last. */
export function memoryDrift({ samples }: SubjectReport): Drift | undefined {
  if (samples.length < FEWEST_SAMPLES) return undefined;
  return drift(samples.map(({ residentKib }) => residentKib), 1);
}

/** The most of something that there was in the first half, and in the second. */
function peakDrift({ samples }: SubjectReport, key: "descriptors" | "threads"): Drift | undefined {
  if (samples.length < FEWEST_SAMPLES) return undefined;
  const most = (some: readonly Sample[]): number => Math.max(...some.map((each) => each[key]));
  const middle = Math.floor(samples.length / 2);
  return { first: most(samples.slice(0, middle)), last: most(samples.slice(middle)) };
}

function drift(figures: readonly number[], quarter: number): Drift {
  const length = Math.floor(figures.length / 4);
  const median = (from: number): number =>
    summarize(figures.slice(from, from + length))?.median ?? NaN;
  return { first: median(quarter * length), last: median(figures.length - length) };
}

/** Whether it was long enough to tell what grows. */
export function tellsGrowth({ subjects }: SoakReport): boolean {
  return subjects.every(({ samples }) => samples.length >= FEWEST_SAMPLES);
}

/** All that is wrong, in words; nothing, if nothing is. */
export function problemsOf({ subjects, slow }: SoakReport): string[] {
  return [
    ...subjects.flatMap((subject) =>
      problemsOfSubject(subject).map((problem) => `${subject.transport}: ${problem}`)
    ),
    ...problemsOfSlow(slow).map((problem) => `slow responder: ${problem}`),
  ];
}

function problemsOfSubject(subject: SubjectReport): string[] {
  const { hostile, stopped, drops, uninvited } = subject;
  const { sent, bad, lost, duplicate, stray } = loadOf(subject);
  const refused = refusedOf(stopped);
  const { received, answered } = stopped;
  const errors = stopped.responder_errors + stopped.receive_errors + stopped.send_errors;
  const problems: string[] = [];
  const check = (isRight: boolean, problem: string): void => {
    if (!isRight) problems.push(problem);
  };
  check(bad + duplicate + stray === 0, `${bad} bad, ${duplicate} duplicate, ${stray} stray`);
  check(lost <= drops, `${lost} replies lost, and the kernel dropped only ${drops} requests`);
  check(
    sent + hostile === received + drops,
    `${sent} + ${hostile} sent, ${received} received and ${drops} dropped by the kernel`,
  );
  check(
    received === answered + refused,
    `${received} received, ${answered} answered and ${refused} refused`,
  );
  check(errors === 0, `${errors} errors`);
  check(uninvited === 0, `${uninvited} answers to answers and to who is denied`);
  for (const [key, slack] of [["descriptors", 0], ["threads", THREAD_SLACK]] as const) {
    const peaks = peakDrift(subject, key);
    check(
      peaks === undefined || peaks.last <= peaks.first + slack,
      `${key} grew from ${peaks?.first} to ${peaks?.last}`,
    );
  }
  const memory = memoryDrift(subject);
  check(
    memory === undefined || memory.last <= memory.first + MEMORY_SLACK_KIB,
    `memory grew from ${memory?.first} to ${memory?.last} KiB`,
  );
  const latency = latencyDrift(subject);
  check(
    latency === undefined || latency.last <= LATENCY_FACTOR * latency.first + LATENCY_SLACK_US,
    `latency grew from ${latency?.first} to ${latency?.last} µs`,
  );
  return problems;
}

function problemsOfSlow(slow: SlowReport): string[] {
  const { sent, heard, received, answered, overload, drops, peakTasks } = slow;
  const isWhole = sent === received + drops && received === answered + overload &&
    heard === answered;
  return [
    ...isWhole ? [] : [
      `${sent} sent, ${drops} dropped by the kernel, ${received} received, ` +
      `${answered} answered, ${overload} refused, ${heard} heard`,
    ],
    ...peakTasks <= MAX_TASKS ? [] : [`${peakTasks} answers under way, and ${MAX_TASKS} allowed`],
  ];
}

/** The figures for people, a table a side. */
export function tablesOf({ subjects, slow }: SoakReport): (readonly string[])[][] {
  const whole = (count: number): string => Math.round(count).toLocaleString("en");
  const mib = (kib: number | undefined): string => kib === undefined ? "" : (kib / 1024).toFixed(1);
  const pair = (drift: Drift | undefined, format: (value: number) => string): string =>
    drift === undefined ? "" : `${format(drift.first)} → ${format(drift.last)}`;
  const range = (samples: readonly Sample[], key: "descriptors" | "threads"): string => {
    const { min = NaN, max = NaN } = summarize(samples.map((sample) => sample[key])) ?? {};
    return min === max ? `${min}` : `${min}–${max}`;
  };
  return [
    [
      ["", "load", "good", "lost", "hostile", "received", "answered", "refused", "errors", "drops"],
      ...subjects.map((subject) => {
        const { sent, good, lost } = loadOf(subject);
        const { stopped, hostile, drops } = subject;
        const { received, answered } = stopped;
        const errors = stopped.responder_errors + stopped.receive_errors + stopped.send_errors;
        const refused = refusedOf(stopped);
        return [
          subject.transport,
          ...[sent, good, lost, hostile, received, answered, refused, errors, drops].map(whole),
        ];
      }),
      [
        "slow",
        ...["", "", ""],
        ...[slow.sent, slow.received, slow.answered, slow.overload, 0, slow.drops].map(whole),
      ],
    ],
    [
      ["", "MiB at start", "second → last quarter", "peak", "descriptors", "threads", "p50 µs"],
      ...subjects.map((subject) => {
        const { samples } = subject;
        return [
          subject.transport,
          mib(samples[0]?.residentKib),
          pair(memoryDrift(subject), mib),
          mib(samples.at(-1)?.peakKib),
          range(samples, "descriptors"),
          range(samples, "threads"),
          pair(latencyDrift(subject), whole),
        ];
      }),
    ],
    [
      ["", "refused for"],
      ...subjects.map(({ transport, stopped }) => [
        transport,
        Object.entries(stopped.refused).filter(([, count]) => count > 0)
          .map(([cause, count]) => `${cause} ${whole(count)}`).join(", "),
      ]),
    ],
  ];
}
