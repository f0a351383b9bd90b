/** A machine whose network and clock are simulated, for tests of the load generator. */
import type { Dialect } from "../../src/load/dialects.ts";
import type { RunOptions } from "../../src/load/options.ts";
import { Run } from "../../src/load/run.ts";
import { FakeLibc, type Incoming, type Outgoing } from "./fake_libc.ts";

export const MS = 1e6;

/** The time from one look of the generator to the next. */
export const STEP_NS = 20e3;

/** When a run begins, by the monotonic clock. */
const START_NS = 5e9;

/** Longer than any run of these tests, and more pauses. */
const MAX_NS = 4e9;
const MAX_PAUSES = 1000;

export interface Reply {
  readonly payload: Uint8Array;
  readonly afterNs: number;
  readonly stamp?: Incoming["stamp"];
}

/** The replies to a request, which is known by its octets, its number from 1 and when it was sent. */
export type Answer = (
  request: Uint8Array,
  count: number,
  sentNs: number,
) => Reply | readonly Reply[] | undefined;

/** A machine on which time passes as the generator looks for replies. */
export class LoadMachine implements Disposable {
  readonly libc = new FakeLibc();
  /** When each request left. */
  readonly sentNs: number[] = [];
  /** The requests that have left by one system call each. */
  readonly together: number[] = [];
  /** The most requests that were without a reply at once. */
  mostOutstanding = 0;
  /** The looks for replies that found some. */
  found = 0;
  /** The length of each pause of the generator. */
  pauseNs = 0;
  #nowNs = START_NS;
  #outstanding = 0;
  readonly #arriving: { fd: unknown; atNs: number; incoming: Incoming }[] = [];

  constructor(answer: Answer) {
    const { libc } = this;
    this.#setClock();
    let handled = 0;
    const descriptor = (): unknown => libc.calls.at(-1)?.args[0];
    const handleSent = (fd: unknown): void => {
      for (; handled < libc.sent.length; handled++) {
        const { payload, segment } = libc.sent[handled] as Outgoing;
        const stride = segment ?? Math.max(payload.length, 1);
        this.together.push(Math.max(payload.length / stride, 1));
        for (let at = 0; at === 0 || at < payload.length; at += stride) {
          this.#outstanding++;
          const count = this.sentNs.push(this.#nowNs - START_NS);
          for (
            const reply of [answer(payload.slice(at, at + stride), count, this.#nowNs) ?? []].flat()
          ) {
            const { payload, afterNs, stamp } = reply;
            const incoming = { payload, ...(stamp && { stamp }) };
            this.#arriving.push({ fd, atNs: this.#nowNs + afterNs, incoming });
          }
        }
      }
      this.mostOutstanding = Math.max(this.mostOutstanding, this.#outstanding);
    };
    let sender: unknown;
    libc.onSend = () => sender = descriptor();
    libc.onWait = () => {
      handleSent(sender);
      this.#nowNs += STEP_NS;
      if (this.#nowNs > START_NS + MAX_NS) throw new Error("The run does not end");
      this.#setClock();
      const fd = descriptor();
      const due = this.#arriving.filter((each) => each.fd === fd && each.atNs <= this.#nowNs)
        .toSorted((a, b) => a.atNs - b.atNs);
      for (const each of due) this.#arriving.splice(this.#arriving.indexOf(each), 1);
      this.#outstanding -= due.length;
      if (due.length === 0) return;
      this.found++;
      libc.batches.push(due.map(({ incoming }) => incoming));
    };
    let pauses = 0;
    const pause = (): number => {
      if (++pauses > MAX_PAUSES) throw new Error("The run does nothing but pause");
      handleSent(sender);
      this.#nowNs += this.pauseNs;
      this.#setClock();
      return 0;
    };
    libc.results["sched_yield"] = { shift: pause } as unknown as number[];
  }

  #setClock(): void {
    this.libc.now = { seconds: Math.floor(this.#nowNs / 1e9), nanoseconds: this.#nowNs % 1e9 };
  }

  [Symbol.dispose](): void {
    this.libc[Symbol.dispose]();
  }
}

export const STRIDE = 12;

/** Replies name their request, and end with 1 if they are right. */
export const numbered: Dialect = {
  request: new Uint8Array(STRIDE).fill(7, 0, 4),
  identity: { inRequest: 4, inReply: 0 },
  tick: () => {},
  verify: (replies, offset, length) => length === 9 && replies[offset + 8] === 1,
};

/** Replies are one octet, 1 if they are right. */
export const anonymous: Dialect = {
  request: new Uint8Array(STRIDE),
  tick: () => {},
  verify: (replies, offset, length) => length === 1 && replies[offset] === 1,
};

export const right = (request: Uint8Array): Uint8Array => new Uint8Array([...request.slice(4), 1]);
export const reply = (request: Uint8Array): Reply => ({ payload: right(request), afterNs: MS });
export const one = (): Reply => ({ payload: new Uint8Array([1]), afterNs: MS });

export const defaults = { hostname: "127.0.0.1", port: 123, window: 4, flows: 1, timeout: 0.1 };

/** Runs the generator to its end, and returns its counts and the machine. */
export async function run(
  dialect: Dialect,
  answer: Answer,
  { seconds = 60, pauseNs = 0, ...options }: Partial<RunOptions> & {
    readonly seconds?: number;
    readonly pauseNs?: number;
  },
): Promise<{ tally: Run["tally"]; machine: LoadMachine }> {
  using machine = new LoadMachine(answer);
  machine.pauseNs = pauseNs;
  const run = new Run(machine.libc, dialect, { ...defaults, ...options });
  await run.run(seconds);
  return { tally: run.tally, machine };
}

export function countsOf(
  { sent, good, bad, duplicate, lost, late, stray }: Run["tally"],
): number[] {
  return [sent, good, bad, duplicate, lost, late, stray];
}
