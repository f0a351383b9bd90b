/** The report of a soak: its figures and its problems. */
import { summarize } from "../../scripts/bench/stats.ts";
import type { LoadResult } from "../../src/load/figures.ts";
import type { Protocol } from "../../src/protocols/registry.ts";
import { formatCount } from "../../src/text/units.ts";
import { MAX_TASKS, type SlowReport } from "./slow_service.ts";
import type { Sample, StoppedLine } from "./subject.ts";

/** One protocol under load for a while. */
export interface Stretch extends LoadResult {
  readonly protocol: Protocol;
}

/** The figures of one server. */
export interface SubjectReport {
  readonly transport: string;
  readonly stretches: readonly Stretch[];
  readonly samples: readonly Sample[];
  /** Hostile datagrams. */
  readonly hostile: number;
  readonly stopped: StoppedLine;
  /** Datagrams dropped by full receive queues. */
  readonly drops: number;
  /** Replies to senders that must get none. */
  readonly uninvited: number;
}

/** The figures of all. */
export interface SoakReport {
  readonly seconds: number;
  readonly seed: number;
  readonly subjects: readonly SubjectReport[];
  readonly slow: SlowReport;
}

/** A figure early and late in the soak. */
export interface Drift {
  readonly first: number;
  readonly last: number;
}

/** Below these numbers parts of a soak are not compared: the first part is still warming up. */
const MIN_STRETCHES = 20;
const MIN_SAMPLES = 60;

/** The heap moves resident memory by this much. */
const MEMORY_SLACK_KIB = 24 * 1024;

/** Threads that Deno starts for a file operation and ends again. */
const THREAD_SLACK = 4;

/** Other processes on the machine raise latency by this factor and amount. */
const LATENCY_FACTOR = 10;
const LATENCY_SLACK_US = 5000;

/** Sums the counts of all stretches. */
export function sumLoad(
  { stretches }: SubjectReport,
): Record<"sent" | "good" | "bad" | "lost" | "duplicate" | "stray", number> {
  const total = { sent: 0, good: 0, bad: 0, lost: 0, duplicate: 0, stray: 0 };
  const keys = Object.keys(total) as (keyof typeof total)[];
  for (const stretch of stretches) keys.forEach((key) => total[key] += stretch[key]);
  return total;
}

/** Sums the refused datagrams of all causes. */
export function sumRefused({ refused }: StoppedLine): number {
  return Object.values(refused).reduce((sum, count) => sum + count, 0);
}

/** The median latency of the first and the last quarter; undefined with too few stretches. */
export function latencyDrift({ stretches }: SubjectReport): Drift | undefined {
  if (stretches.length < MIN_STRETCHES) return undefined;
  return drift(stretches.map(({ latencyUs }) => latencyUs.p50 ?? NaN), 0);
}

/** The resident memory of the second quarter, as the first is warming up, and of the last. */
export function memoryDrift({ samples }: SubjectReport): Drift | undefined {
  if (samples.length < MIN_SAMPLES) return undefined;
  return drift(samples.map(({ residentKib }) => residentKib), 1);
}

/** The peaks of the first and the second half. */
function peakDrift({ samples }: SubjectReport, key: "descriptors" | "threads"): Drift | undefined {
  if (samples.length < MIN_SAMPLES) return undefined;
  const peak = (some: readonly Sample[]): number => Math.max(...some.map((each) => each[key]));
  const middle = Math.floor(samples.length / 2);
  return { first: peak(samples.slice(0, middle)), last: peak(samples.slice(middle)) };
}

function drift(figures: readonly number[], quarter: number): Drift {
  const length = Math.floor(figures.length / 4);
  const median = (from: number): number =>
    summarize(figures.slice(from, from + length))?.median ?? NaN;
  return { first: median(quarter * length), last: median(figures.length - length) };
}

/** Whether the soak was long enough to detect growth. */
export function showsGrowth({ subjects }: SoakReport): boolean {
  return subjects.every(({ samples }) => samples.length >= MIN_SAMPLES);
}

/** Describes all problems. */
export function findProblems({ subjects, slow }: SoakReport): string[] {
  return [
    ...subjects.flatMap((subject) =>
      findSubjectProblems(subject).map((problem) => `${subject.transport}: ${problem}`)
    ),
    ...findSlowProblems(slow).map((problem) => `slow responder: ${problem}`),
  ];
}

function findSubjectProblems(subject: SubjectReport): string[] {
  const { hostile, stopped, drops, uninvited } = subject;
  const { sent, bad, lost, duplicate, stray } = sumLoad(subject);
  const refused = sumRefused(stopped);
  const { received, answered } = stopped;
  const errors = stopped.responder_errors + stopped.receive_errors + stopped.send_errors;
  const problems: string[] = [];
  const check = (isRight: boolean, problem: string): void => {
    if (!isRight) problems.push(problem);
  };
  check(bad + duplicate + stray === 0, `${bad} bad, ${duplicate} duplicate, ${stray} stray`);
  check(lost <= drops, `${lost} replies lost, but the kernel dropped only ${drops} requests`);
  check(
    sent + hostile === received + drops,
    `${sent} + ${hostile} sent, ${received} received and ${drops} dropped by the kernel`,
  );
  check(
    received === answered + refused,
    `${received} received, ${answered} answered and ${refused} refused`,
  );
  check(errors === 0, `${errors} errors`);
  check(uninvited === 0, `${uninvited} replies to replies and to denied clients`);
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

function findSlowProblems(slow: SlowReport): string[] {
  const { sent, replies, received, answered, overload, drops, peakTasks } = slow;
  const isWhole = sent === received + drops && received === answered + overload &&
    replies === answered;
  return [
    ...isWhole ? [] : [
      `${sent} sent, ${drops} dropped by the kernel, ${received} received, ` +
      `${answered} answered, ${overload} refused, ${replies} replies received`,
    ],
    ...peakTasks <= MAX_TASKS ? [] : [`${peakTasks} replies under way, but ${MAX_TASKS} allowed`],
  ];
}

/** Lays out the figures in tables. */
export function layOutReport({ subjects, slow }: SoakReport): (readonly string[])[][] {
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
        const { sent, good, lost } = sumLoad(subject);
        const { stopped, hostile, drops } = subject;
        const { received, answered } = stopped;
        const errors = stopped.responder_errors + stopped.receive_errors + stopped.send_errors;
        const refused = sumRefused(stopped);
        return [
          subject.transport,
          ...[sent, good, lost, hostile, received, answered, refused, errors, drops].map(
            formatCount,
          ),
        ];
      }),
      [
        "slow",
        ...["", "", ""],
        ...[slow.sent, slow.received, slow.answered, slow.overload, 0, slow.drops].map(formatCount),
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
          pair(latencyDrift(subject), formatCount),
        ];
      }),
    ],
    [
      ["", "refused"],
      ...subjects.map(({ transport, stopped }) => [
        transport,
        Object.entries(stopped.refused).filter(([, count]) => count > 0)
          .map(([cause, count]) => `${cause} ${formatCount(count)}`).join(", "),
      ]),
    ],
  ];
}
