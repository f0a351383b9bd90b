/** A service of a library user's own that takes its time, and is asked by more than it can serve. */
import type { Responder } from "../../src/protocols/responder.ts";
import { serve } from "../../src/server/serve.ts";
import type { Server } from "../../src/server/serve_options.ts";
import { until } from "../support/wait.ts";
import { Mouth } from "./strangers.ts";
import { queuesOf } from "./udp_queues.ts";

/** How long an answer takes. */
const ANSWER_MS = 50;

/** How many may be under way at once, and how many ask at once. */
export const MAX_TASKS = 64;
const CROWD = 100;

/** What became of those who asked. */
export interface SlowReport {
  readonly sent: number;
  readonly heard: number;
  readonly received: number;
  readonly answered: number;
  readonly overload: number;
  readonly drops: number;
  /** The most answers that ever were under way at once. */
  readonly peakTasks: number;
}

/** The service, and its crowd. */
export class SlowService implements AsyncDisposable {
  readonly #state: { tasks: number; peak: number };
  readonly #server: Server;
  readonly #crowd = new Mouth("127.0.0.1");

  private constructor(server: Server, state: { tasks: number; peak: number }) {
    this.#server = server;
    this.#state = state;
  }

  static async start(): Promise<SlowService> {
    const state = { tasks: 0, peak: 0 };
    const responder: Responder = {
      async respond({ reply }): Promise<number> {
        state.peak = Math.max(state.peak, ++state.tasks);
        await new Promise((resolve) => setTimeout(resolve, ANSWER_MS));
        state.tasks--;
        reply[0] = 0x21;
        return 1;
      },
    };
    const server = await serve("asctime://127.0.0.1:0", { responder, maxTasks: MAX_TASKS });
    return new SlowService(server, state);
  }

  /** More ask at once than may. */
  async turn(): Promise<void> {
    for (let i = 0; i < CROWD; i++) await this.#crowd.send(new Uint8Array(1), this.#port);
  }

  /** Waits until all are answered or refused. */
  async settle(): Promise<SlowReport> {
    const report = (): SlowReport => this.#report();
    await until(() => {
      const { sent, received, drops, answered, overload, heard } = report();
      return sent === received + drops && received === answered + overload && heard === answered;
    }, 20).catch(() => {});
    return report();
  }

  get #port(): number {
    return this.#server.addresses[0]?.port ?? 0;
  }

  #report(): SlowReport {
    const { received, answered, refused } = this.#server.totals;
    return {
      sent: this.#crowd.sent,
      heard: this.#crowd.heard,
      received,
      answered,
      overload: refused.overload,
      drops: queuesOf([this.#port]).reduce((sum, { drops }) => sum + drops, 0),
      peakTasks: this.#state.peak,
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
    await this.#crowd[Symbol.asyncDispose]();
  }
}
