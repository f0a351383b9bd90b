/** A web page without a browser: its clocks, network and visibility, for tests of /timesync.js. */
import { FakeTime } from "../support/fake_time.ts";
import { replacing } from "../support/replacing.ts";

/** The served time at the start. */
const START_MS = 1_800_000_000_000;

/** What a browser measures of a request. */
interface Timing {
  readonly name: string;
  readonly requestStart: number;
  readonly responseStart: number;
}

export class FakePage {
  readonly time: FakeTime = new FakeTime();
  /** How far the server's clock is ahead of what it was at the start. */
  aheadMs = 0;
  /** Milliseconds to the server, within it, back from it, and until a promise settles. */
  delays = { there: 2, within: 1, back: 2, late: 0 };
  /** What the server says of its clock. */
  status: { leap: string; root_distance: number | null; simulated: boolean } = {
    leap: "none",
    root_distance: 0.003,
    simulated: false,
  };
  /** What happens to a request: no reply, or a refusal for some seconds. */
  failure: "none" | "silence" | number = "none";
  /** Whether the browser measures requests. */
  hasTiming = true;
  /** When requests left, in milliseconds. */
  readonly requests: number[] = [];
  readonly paths: string[] = [];
  readonly #observers = new Set<(entry: Timing) => void>();
  readonly #listeners = new Map<string, Set<() => void>>();
  #visibility = "visible";

  /** The served time. */
  get servedMs(): number {
    return START_MS + this.aheadMs + this.time.monotonicMs();
  }

  /** Shows or hides the page. */
  show(isVisible: boolean): void {
    this.#visibility = isVisible ? "visible" : "hidden";
    this.send("visibilitychange");
  }

  /** Calls the listeners of an event. */
  send(event: string): void {
    for (const listener of [...this.#listeners.get(event) ?? []]) listener();
  }

  /** The listeners and observers that are left. */
  get listeners(): number {
    return [...this.#listeners.values()].reduce((sum, { size }) => sum + size, 0) +
      this.#observers.size;
  }

  /** Runs a function within the page. */
  async run(test: () => Promise<void>): Promise<void> {
    const events = {
      addEventListener: (name: string, listener: () => void): void => {
        const all = this.#listeners.get(name) ?? new Set();
        this.#listeners.set(name, all.add(listener));
      },
      removeEventListener: (name: string, listener: () => void): void => {
        this.#listeners.get(name)?.delete(listener);
      },
    };
    const visibility = (): string => this.#visibility;
    const document = {
      ...events,
      get visibilityState(): string {
        return visibility();
      },
    };
    const observers = this.#observers;
    /** Sees what comes after its start, as if the buffer of the page were full. */
    class FakeObserver {
      static readonly supportedEntryTypes = ["resource"];
      readonly #see: (entry: Timing) => void;

      constructor(see: (list: { getEntriesByName(name: string): Timing[] }) => void) {
        this.#see = (entry) =>
          see({ getEntriesByName: (name) => entry.name === name ? [entry] : [] });
      }

      observe(): void {
        observers.add(this.#see);
      }

      disconnect(): void {
        observers.delete(this.#see);
      }
    }
    const performance = { now: () => this.time.monotonicMs() };
    const timers = {
      setTimeout: (run: () => void, ms: number): AbortController => {
        const controller = new AbortController();
        const wait = async (): Promise<void> => {
          await this.time.sleep(Math.max(ms, 0.001), controller.signal);
          run();
        };
        void wait().catch(() => {});
        return controller;
      },
      clearTimeout: (timer?: AbortController) => timer?.abort(),
    };
    const fetch = (url: URL): Promise<unknown> => this.#fetch(url);
    const globals = {
      ...events,
      ...timers,
      document,
      performance,
      fetch,
      PerformanceObserver: this.hasTiming ? FakeObserver : undefined,
    };
    const now = (): number => Math.floor(this.time.now().epochMilliseconds);
    await replacing([[globalThis, globals], [Date, { now }]], test);
  }

  async #fetch(url: URL): Promise<unknown> {
    const { there, within, back, late } = this.delays;
    const requestStart = this.time.monotonicMs();
    this.requests.push(requestStart);
    this.paths.push(`${url.origin}${url.pathname}`);
    await this.time.sleep(there);
    if (this.failure === "silence") throw new TypeError("Failed to fetch");
    if (this.failure !== "none") {
      const headers = new Headers({ "retry-after": String(this.failure) });
      return { ok: false, status: 429, headers };
    }
    const t2 = this.servedMs;
    await this.time.sleep(within);
    const t3 = this.servedMs;
    await this.time.sleep(back);
    const responseStart = this.time.monotonicMs();
    for (const see of this.#observers) see({ name: url.href, requestStart, responseStart });
    await this.time.sleep(late);
    const reply = { t2, t3, ...this.status };
    return { ok: true, status: 200, headers: new Headers(), json: () => Promise.resolve(reply) };
  }
}
