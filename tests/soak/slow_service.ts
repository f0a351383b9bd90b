/** A slow responder of a library user, with more clients than it can serve. */
import type { Responder } from "../../src/protocols/responder.ts";
import { serve } from "../../src/server/serve.ts";
import type { Server } from "../../src/server/serve_options.ts";
import { until } from "../support/wait.ts";
import { CountingSocket } from "./strangers.ts";
import { readQueues } from "./udp_queues.ts";

/** The time until a reply. */
const REPLY_MS = 50;

/** Replies under way at once, and requests at once. */
export const MAX_TASKS = 64;
const CROWD = 100;

/** The figures of the slow service. */
export interface SlowReport {
  readonly sent: number;
  /** Replies that reached the clients. */
  readonly replies: number;
  readonly received: number;
  readonly answered: number;
  readonly overload: number;
  readonly drops: number;
  /** The peak of replies under way at once. */
  readonly peakTasks: number;
}

/** The service and its clients. */
export class SlowService implements AsyncDisposable {
  readonly #state: { tasks: number; peak: number };
  readonly #server: Server;
  readonly #crowd = new CountingSocket("127.0.0.1");

  private constructor(server: Server, state: { tasks: number; peak: number }) {
    this.#server = server;
    this.#state = state;
  }

  static async start(): Promise<SlowService> {
    const state = { tasks: 0, peak: 0 };
    const responder: Responder = {
      async respond({ reply }): Promise<number> {
        state.peak = Math.max(state.peak, ++state.tasks);
        await new Promise((resolve) => setTimeout(resolve, REPLY_MS));
        state.tasks--;
        reply[0] = 0x21;
        return 1;
      },
    };
    const server = await serve("asctime://127.0.0.1:0", { responder, maxTasks: MAX_TASKS });
    return new SlowService(server, state);
  }

  /** Sends more requests at once than it can serve. */
  async turn(): Promise<void> {
    for (let i = 0; i < CROWD; i++) await this.#crowd.send(new Uint8Array(1), this.#port);
  }

  /** Waits until all requests are answered or refused. */
  async awaitReplies(): Promise<SlowReport> {
    const report = (): SlowReport => this.#report();
    await until(() => {
      const { sent, received, drops, answered, overload, replies } = report();
      return sent === received + drops && received === answered + overload && replies === answered;
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
      replies: this.#crowd.received,
      received,
      answered,
      overload: refused.overload,
      drops: readQueues([this.#port]).reduce((sum, { drops }) => sum + drops, 0),
      peakTasks: this.#state.peak,
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
    await this.#crowd[Symbol.asyncDispose]();
  }
}
