/** A server that is soaked: the program as users run it, watched from outside. */
import { type Usage, usageOf } from "../../scripts/bench/usage.ts";
import type { Protocol } from "../../src/protocols/registry.ts";
import type { RefusalCause } from "../../src/protocols/responder.ts";
import { Running } from "../support/process.ts";
import { source } from "../support/programs.ts";
import { until } from "../support/wait.ts";
import { queuesOf } from "./udp_queues.ts";

export const protocols: readonly Protocol[] = ["asctime", "daytime", "time", "ntp", "auto"];

/** What a server says of itself at its end. */
export interface StoppedLine {
  readonly received: number;
  readonly answered: number;
  readonly refused: Readonly<Partial<Record<RefusalCause, number>>>;
  readonly responder_errors: number;
  readonly receive_errors: number;
  readonly send_errors: number;
}

/** What a server has at a moment. */
export interface Sample extends Usage {
  /** Since its start. */
  readonly seconds: number;
}

/** How long a server may take to start, to take what waits in its queues, and to stop. */
const PATIENCE_SECONDS = 20;

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

  /** Starts one with further options, and waits until it listens. */
  static async start(transport: string, options: readonly string[]): Promise<Subject> {
    const server = new Running([
      ...source.timesrv,
      ...["--log-format", "json", "--transport", transport, ...options],
      ...protocols.map((protocol) => `${protocol}://127.0.0.1:0`),
    ]);
    try {
      await server.waitFor(/"event":"transport"/, { seconds: PATIENCE_SECONDS });
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

  /** Notes what it has now, and forgets what it has logged. */
  look(): void {
    const seconds = (performance.now() - this.#startMs) / 1000;
    this.samples.push({ seconds, ...usageOf(this.pid) });
    this.#server.stderr = "";
  }

  /** Has it take what waits for it, and stops it: what it counted, and what its queues had no room for. */
  async stop(): Promise<{ stopped: StoppedLine; drops: number }> {
    const ports = [...this.ports.values()];
    await until(
      () => queuesOf(ports).every(({ waitingOctets }) => waitingOctets === 0),
      PATIENCE_SECONDS,
    );
    const drops = queuesOf(ports).reduce((sum, { drops }) => sum + drops, 0);
    await this.#server.stop("SIGTERM", PATIENCE_SECONDS);
    const line = /^.*"event":"stopped".*$/m.exec(this.#server.stderr)?.[0];
    if (line === undefined) throw new Error(`It stopped without totals: ${this.#server.stderr}`);
    return { stopped: JSON.parse(line), drops };
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#server[Symbol.asyncDispose]();
  }
}
