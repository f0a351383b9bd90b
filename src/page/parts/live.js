/** The stream of events, opened again whenever it ends. */

/** The silence after which everything is out of date, in milliseconds. */
const MAX_SILENCE_MS = 5000;

/** The pause before the next attempt. */
const RETRY_MS = 3000;

/**
 * @typedef {{
 *   state(state: import("../shapes.d.ts").State): void,
 *   tick(tick: import("../shapes.d.ts").Tick): void,
 *   clients(clients: import("../shapes.d.ts").Clients): void,
 *   news(news: import("../shapes.d.ts").News, id: string): void,
 *   open(): void,
 * }} Handlers
 */

export class Live {
  /** @type {Handlers} */
  #handlers;
  /** @type {EventSource | undefined} */
  #source;
  /** When something came last, by `performance.now()`; undefined before. @type {number | undefined} */
  #last;
  #started = performance.now();
  #retryAt = 0;

  /** @param {Handlers} handlers */
  constructor(handlers) {
    this.#handlers = handlers;
    this.#open();
  }

  /** Whether the server is there, for how long it has been silent, and when the next attempt is: in seconds. */
  get connection() {
    const now = performance.now();
    const silentMs = now - (this.#last ?? this.#started);
    return {
      isLive: this.#last !== undefined && silentMs < MAX_SILENCE_MS,
      wasLive: this.#last !== undefined || silentMs >= MAX_SILENCE_MS,
      silent: silentMs / 1000,
      retry: this.#source === undefined ? Math.max(0, this.#retryAt - now) / 1000 : 0,
    };
  }

  /** Opens the stream if its time has come; a network that is gone leaves it open and silent. */
  check() {
    const now = performance.now();
    const isSilent = this.#last !== undefined && now - this.#last > 3 * MAX_SILENCE_MS &&
      now - this.#started > 3 * MAX_SILENCE_MS;
    if (this.#source !== undefined && isSilent) this.#close();
    if (this.#source === undefined && now >= this.#retryAt) this.#open();
  }

  #open() {
    this.#started = performance.now();
    const source = new EventSource("/events");
    this.#source = source;
    source.addEventListener("open", () => this.#handlers.open());
    source.addEventListener("error", () => {
      this.#close();
      void requireSession();
    });
    for (const kind of /** @type {const} */ (["state", "tick", "clients", "news"])) {
      source.addEventListener(kind, (event) => {
        this.#last = performance.now();
        this.#handlers[kind](JSON.parse(event.data), event.lastEventId);
      });
    }
  }

  #close() {
    this.#source?.close();
    this.#source = undefined;
    this.#retryAt = performance.now() + RETRY_MS;
  }
}

/** A server that was started again has forgotten its sessions, and asks for the token. */
async function requireSession() {
  try {
    const { status } = await fetch("/state", { method: "HEAD" });
    if (status === 401) location.reload();
  } catch {
    // It is not there.
  }
}
