import { within } from "./wait.ts";
import type { FloodJob, FloodReport } from "./flood_worker.ts";

/** A server in a thread of its own that floods its first client. */
export class Flood implements Disposable {
  /** The port that it listens on. */
  readonly port: number;
  readonly #worker: Worker;
  readonly #stop: SharedArrayBuffer;

  private constructor(port: number, worker: Worker, stop: SharedArrayBuffer) {
    this.port = port;
    this.#worker = worker;
    this.#stop = stop;
  }

  /** Starts one; the flood begins with the first request. */
  static async start(job: Omit<FloodJob, "stop">): Promise<Flood> {
    const stop = new SharedArrayBuffer(4);
    const url = new URL("./flood_worker.ts", import.meta.url);
    const worker = new Worker(url, { type: "module" });
    worker.postMessage({ ...job, stop } satisfies FloodJob);
    const { port = 0 } = await nextReport(worker);
    return new Flood(port, worker, stop);
  }

  /** Ends it, and returns the number of datagrams that it sent. */
  async stop(): Promise<number> {
    const report = nextReport(this.#worker);
    Atomics.store(new Int32Array(this.#stop), 0, 1);
    const { sent = 0 } = await report;
    return sent;
  }

  [Symbol.dispose](): void {
    this.#worker.terminate();
  }
}

function nextReport(worker: Worker): Promise<FloodReport> {
  return within(
    30,
    new Promise((resolve) => {
      worker.onmessage = ({ data }: MessageEvent<FloodReport>): void => resolve(data);
    }),
  );
}
