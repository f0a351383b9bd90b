/** A server under test: the program as users run it, observed from outside. */
import { readUsage, type Usage } from "../../scripts/bench/usage.ts";
import type { Protocol } from "../../src/protocols/registry.ts";
import type { RefusalCause } from "../../src/protocols/responder.ts";
import { Running } from "../support/process.ts";
import { source } from "../support/programs.ts";
import { until } from "../support/wait.ts";
import { readQueues } from "./udp_queues.ts";

export const protocols: readonly Protocol[] = ["asctime", "daytime", "time", "ntp", "auto"];

/** The last line of a server's log. */
export interface StoppedLine {
  readonly received: number;
  readonly answered: number;
  readonly refused: Readonly<Partial<Record<RefusalCause, number>>>;
  readonly responder_errors: number;
  readonly receive_errors: number;
  readonly send_errors: number;
}

/** The resources of a server at one time. */
export interface Sample extends Usage {
  /** Since the start. */
  readonly seconds: number;
}

/** The time limit to start, to empty its queues, and to stop. */
const MAX_WAIT_SECONDS = 20;

/** A running `timesrv` with a listener for each protocol. */
export class Subject implements AsyncDisposable {
  readonly transport: string;
  readonly samples: Sample[] = [];
  /** The port of each protocol. */
  readonly ports: ReadonlyMap<Protocol, number>;
  readonly #server: Running;
  readonly #startMs = performance.now();

  private constructor(transport: string, ports: ReadonlyMap<Protocol, number>, server: Running) {
    this.transport = transport;
    this.ports = ports;
    this.#server = server;
  }

  /** Starts a server with more options, and waits until it listens. */
  static async start(transport: string, options: readonly string[]): Promise<Subject> {
    const server = new Running([
      ...source.timesrv,
      ...["--log-format", "json", "--transport", transport, ...options],
      ...protocols.map((protocol) => `${protocol}://127.0.0.1:0`),
    ]);
    try {
      await server.waitFor(/"event":"transport"/, { seconds: MAX_WAIT_SECONDS });
    } catch (error) {
      await server[Symbol.asyncDispose]();
      throw error;
    }
    const ports = [...server.stderr.matchAll(/"event":"listening".*"port":(\d+)/g)];
    return new Subject(
      transport,
      new Map(protocols.map((protocol, i) => [protocol, Number(ports[i]?.[1])])),
      server,
    );
  }

  get pid(): number {
    return this.#server.child.pid;
  }

  /** Records its resources, and drops its log. */
  sample(): void {
    const seconds = (performance.now() - this.#startMs) / 1000;
    this.samples.push({ seconds, ...readUsage(this.pid) });
    this.#server.stderr = "";
  }

  /** Waits until its queues are empty and stops it; returns its totals and the datagrams its queues dropped. */
  async stop(): Promise<{ stopped: StoppedLine; drops: number }> {
    const ports = [...this.ports.values()];
    await until(
      () => readQueues(ports).every(({ waitingOctets }) => waitingOctets === 0),
      MAX_WAIT_SECONDS,
    );
    const drops = readQueues(ports).reduce((sum, { drops }) => sum + drops, 0);
    await this.#server.stop("SIGTERM", MAX_WAIT_SECONDS);
    const line = /^.*"event":"stopped".*$/m.exec(this.#server.stderr)?.[0];
    if (line === undefined) {
      throw new Error(`The server stopped without totals: ${this.#server.stderr}`);
    }
    return { stopped: JSON.parse(line), drops };
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#server[Symbol.asyncDispose]();
  }
}
