/** Load that can be served, beside everything that cannot, for as long as one likes. */
import { run } from "../../scripts/bench/commands.ts";
import { parseLoadJson } from "../../src/cli/timecli/bench/bench_json.ts";
import type { Protocol } from "../../src/protocols/registry.ts";
import { source } from "../support/programs.ts";
import { SlowService } from "./slow_service.ts";
import type { SoakReport, Stretch, SubjectReport } from "./report.ts";
import { DENIED_NETWORK, Strangers } from "./strangers.ts";
import { protocols, Subject } from "./subject.ts";

/** What to soak, and how. */
export interface SoakOptions {
  readonly seconds: number;
  /** Requests a second of the load. */
  readonly rate: number;
  readonly transports: readonly string[];
  readonly seed: number;
  /** How long each protocol of each server is under load before the next one is. */
  readonly stretchSeconds: number;
  /** Ends it after the stretch that is under way. */
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((text: string) => void) | undefined;
}

/** How often strangers have their turn, and servers are looked at. */
const STRANGERS_EVERY_MS = 100;
const LOOK_EVERY_MS = 1000;

/** A server allows a source so many seconds of the load at once, so that nothing of a load that was held up is refused. */
const BUCKET_SECONDS = 4;

/** How long the load waits for a reply before it is lost: a busy machine loses nothing. */
const TIMEOUT_SECONDS = 3;

/** Soaks. */
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
  const hostile = haunt(strangers, slow, state);
  const timer = setInterval(() => subjects.forEach((subject) => subject.look()), LOOK_EVERY_MS);
  let stretches: ReadonlyMap<Subject, readonly Stretch[]>;
  try {
    stretches = await putLoadOnAll(subjects, strangers, options);
  } finally {
    clearInterval(timer);
    state.isOver = true;
    await hostile;
  }
  const slowReport = await slow.settle();
  subjects.forEach((subject) => subject.look());
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

/** Has strangers and the slow service's crowd send, turn by turn, until it is over. */
async function haunt(
  strangers: readonly Strangers[],
  slow: SlowService,
  state: { readonly isOver: boolean },
): Promise<void> {
  while (!state.isOver) {
    for (const each of strangers) await each.turn();
    await slow.turn();
    await new Promise((resolve) => setTimeout(resolve, STRANGERS_EVERY_MS));
  }
}

/** Every protocol of every server in turn, and all of them again until the time is over. */
async function putLoadOnAll(
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
        // Twice of what it may have at once, while the load goes on.
        const greedy = protocol === "ntp"
          ? strangers[i]?.ask(2 * BUCKET_SECONDS * rate)
          : undefined;
        const stretch = await putLoadOn(subject, protocol, { rate, seconds: stretchSeconds });
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

async function putLoadOn(
  subject: Subject,
  protocol: Protocol,
  { rate, seconds }: { readonly rate: number; readonly seconds: number },
): Promise<Stretch> {
  const outcome = await run([
    ...source.timecli,
    ...["bench", "--json", "--warmup", "0", "--duration", `${seconds}`, "--rate", `${rate}`],
    ...["--timeout", `${TIMEOUT_SECONDS}`, "--pid", `${subject.pid}`],
    `${protocol}://127.0.0.1:${subject.ports.get(protocol)}`,
  ]);
  if (!outcome.output.startsWith("{")) throw new Error(`Cannot load: ${outcome.complaint}`);
  return { protocol, ...parseLoadJson(outcome.output) };
}
