/** A load that can be served, beside hostile traffic that cannot. */
import { runLoad } from "../../scripts/bench/generator.ts";
import type { Protocol } from "../../src/protocols/registry.ts";
import { SlowService } from "./slow_service.ts";
import type { SoakReport, Stretch, SubjectReport } from "./report.ts";
import { DENIED_NETWORK, Strangers } from "./strangers.ts";
import { protocols, Subject } from "./subject.ts";

/** Options for {@linkcode soak}. */
export interface SoakOptions {
  readonly seconds: number;
  /** Requests per second of the load. */
  readonly rate: number;
  readonly transports: readonly string[];
  readonly seed: number;
  /** The length of a stretch, in which one protocol of one server is under load. */
  readonly stretchSeconds: number;
  /** Ends the soak after the current stretch. */
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((text: string) => void) | undefined;
}

/** The intervals of the hostile traffic, and of the samples. */
const HOSTILE_EVERY_MS = 100;
const SAMPLE_EVERY_MS = 1000;

/** Seconds of the load that the rate limit admits at once, so that a delayed load is not refused. */
const BUCKET_SECONDS = 4;

/** The time limit of a reply: a busy machine loses nothing. */
const TIMEOUT_SECONDS = 3;

/** Runs a soak. */
export async function soak(options: SoakOptions): Promise<SoakReport> {
  const { rate, transports, seed } = options;
  const start = performance.now();
  const guard = [
    "--rate-limit",
    `${2 * rate}/s,${BUCKET_SECONDS * rate}`,
    "--deny",
    DENIED_NETWORK,
  ];
  await using stack = new AsyncDisposableStack();
  const subjects: Subject[] = [];
  for (const transport of transports) {
    subjects.push(stack.use(await Subject.start(transport, guard)));
  }
  const strangers = subjects.map((subject) => stack.use(new Strangers(subject, seed)));
  const slow = stack.use(await SlowService.start());

  const state = { isOver: false };
  const hostile = sendHostile(strangers, slow, state);
  const timer = setInterval(() => subjects.forEach((subject) => subject.sample()), SAMPLE_EVERY_MS);
  let stretches: ReadonlyMap<Subject, readonly Stretch[]>;
  try {
    stretches = await runStretches(subjects, strangers, options);
  } finally {
    clearInterval(timer);
    state.isOver = true;
    await hostile;
  }
  const slowReport = await slow.awaitReplies();
  subjects.forEach((subject) => subject.sample());
  const reports: SubjectReport[] = [];
  for (const [i, subject] of subjects.entries()) {
    reports.push({
      transport: subject.transport,
      stretches: stretches.get(subject) ?? [],
      samples: subject.samples,
      hostile: strangers[i]?.sent ?? 0,
      ...await subject.stop(),
      uninvited: strangers[i]?.uninvited ?? 0,
    });
  }
  return { seconds: (performance.now() - start) / 1000, seed, subjects: reports, slow: slowReport };
}

/** Sends hostile traffic, and requests to the slow service, until the soak is over. */
async function sendHostile(
  strangers: readonly Strangers[],
  slow: SlowService,
  state: { readonly isOver: boolean },
): Promise<void> {
  while (!state.isOver) {
    for (const each of strangers) await each.turn();
    await slow.turn();
    await new Promise((resolve) => setTimeout(resolve, HOSTILE_EVERY_MS));
  }
}

/** Puts every protocol of every server under load in turn, until the time is over. */
async function runStretches(
  subjects: readonly Subject[],
  strangers: readonly Strangers[],
  options: SoakOptions,
): Promise<ReadonlyMap<Subject, readonly Stretch[]>> {
  const { seconds, rate, stretchSeconds, signal, onProgress } = options;
  const start = performance.now();
  const elapsed = (): number => (performance.now() - start) / 1000;
  const stretches = new Map(subjects.map((subject) => [subject, [] as Stretch[]]));
  let [good, lost] = [0, 0];
  do {
    for (const protocol of protocols) {
      for (const [i, subject] of subjects.entries()) {
        if (signal?.aborted) return stretches;
        // Twice the admitted burst, during the load.
        const greedy = protocol === "ntp"
          ? strangers[i]?.flood(2 * BUCKET_SECONDS * rate)
          : undefined;
        const stretch = await runStretch(subject, protocol, { rate, duration: stretchSeconds });
        await greedy;
        stretches.get(subject)?.push(stretch);
        good += stretch.good;
        lost += stretch.lost;
        onProgress?.(
          `${elapsed().toFixed(0)} of ${seconds} s, ${
            good.toLocaleString("en")
          } replies, ${lost} lost`,
        );
      }
    }
  } while (elapsed() < seconds);
  return stretches;
}

async function runStretch(
  { pid, ports, transport }: Subject,
  protocol: Protocol,
  load: { readonly rate: number; readonly duration: number },
): Promise<Stretch> {
  const url = `${protocol}://127.0.0.1:${ports.get(protocol)}`;
  const options = {
    rate: load.rate,
    duration: `${load.duration}s`,
    warmup: "0s",
    timeout: `${TIMEOUT_SECONDS}s`,
    pid,
  };
  return {
    protocol,
    ...await runLoad(url, options, { action: `measure ${transport} ${protocol}` }),
  };
}
