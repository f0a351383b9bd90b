/**
 * The time of a server, for web pages: a clock that knows its own error. Pages get the short form of this
 * file, by `deno task page`.
 *
 * Time is `performance.now()` and an offset, never `Date.now()`: setting the clock of the device
 * changes nothing. It stands still while most systems sleep, which `Date` reveals.
 */

/** A crystal is off by this at most: 100 ppm. */
const DRIFT = 1e-4;

/** The rate at which corrections are made: 500 ppm. */
const SLEW = 5e-4;

/** Larger corrections are made at once, in milliseconds. */
const STEP_MS = 100;

/** The difference between two clocks of the device that means sleep, or that one was set. */
const SLEEP_MS = 50;

const TIMEOUT_MS = 5000;

/**
 * @typedef {"waiting" | "synchronized" | "simulated" | "unsynchronized" | "stale"} Status
 * @typedef {{ t2: number, t3: number, leap: string, root_distance: number | null, simulated: boolean }} Reply
 * @typedef {Reply & { t1: number, t4: number }} Exchange
 */

/** @param {number} ms */
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** How coarse a browser makes `performance.now()`: by 0.005 to 1 ms. */
function findResolution() {
  let last = performance.now();
  let least = 1;
  let changes = 0;
  for (let i = 0; changes < 4 && i < 1e5; i++) {
    const now = performance.now();
    // The first change is that of a step which had begun before.
    if (now > last && changes++) least = Math.min(least, now - last);
    last = now;
  }
  return least;
}

/**
 * Waits for what the browser measures of a request that has not begun: once the page's buffer of 250 is
 * full, only observers see it.
 *
 * @param {string} name
 * @returns {{ find: () => Promise<PerformanceResourceTiming | undefined>, close: () => void }}
 */
function watchTiming(name) {
  if (!globalThis.PerformanceObserver?.supportedEntryTypes?.includes("resource")) {
    return { find: () => Promise.resolve(undefined), close() {} };
  }
  const { promise, resolve } = Promise.withResolvers();
  const observer = new PerformanceObserver((list) => {
    list.getEntriesByName(name).forEach((entry) => resolve(entry));
  });
  observer.observe({ type: "resource" });
  return { find: () => Promise.race([promise, sleep(50)]), close: () => observer.disconnect() };
}

/**
 * @param {URL} server
 * @returns {Promise<Exchange>}
 */
async function fetchTime(server) {
  const url = new URL("time", server);
  // Each has a name of its own, by which the browser's measurement is found.
  url.searchParams.set("n", Math.random().toString(36).slice(2));
  const timing = watchTiming(url.href);
  try {
    const t1 = performance.now();
    const response = await fetch(url, {
      cache: "no-store",
      credentials: "omit",
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const t4 = performance.now();
    if (!response.ok) {
      const seconds = Number(response.headers.get("retry-after"));
      throw Object.assign(Error(`${response.status}`), { retryMs: seconds * 1000 });
    }
    const reply = await response.json();
    const entry = await timing.find();
    const isMeasured = entry && entry.requestStart && entry.responseStart;
    return isMeasured
      ? { ...reply, t1: entry.requestStart, t4: entry.responseStart }
      : { ...reply, t1, t4 };
  } finally {
    timing.close();
  }
}

/**
 * @param {URL} server
 * @returns {{ exchange: () => Promise<Exchange>, close: () => void }}
 */
function openWebSocket(server) {
  const url = new URL("timesync", server);
  url.protocol = url.protocol.replace("http", "ws");
  let id = 0;
  /** @type {WebSocket | undefined} */
  let socket;
  /** @returns {Promise<Exchange>} */
  const exchange = async () => {
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    let timer;
    const answer = new Promise((resolve, reject) => {
      if (!socket || socket.readyState > 1) socket = new WebSocket(url);
      const current = socket;
      timer = setTimeout(reject, TIMEOUT_MS);
      let t1 = 0;
      const send = () => {
        t1 = performance.now();
        current.send(JSON.stringify({ jsonrpc: "2.0", id: ++id, method: "time" }));
      };
      current.onclose = reject;
      current.onmessage = ({ data }) => {
        const t4 = performance.now();
        const reply = JSON.parse(data);
        if (reply.error) reject(Error(reply.error.message));
        if (reply.id === id) resolve({ ...reply.result, t1, t4 });
      };
      if (current.readyState) send();
      else current.onopen = send;
    });
    return await answer.finally(() => clearTimeout(timer));
  };
  return { exchange, close: () => socket?.close() };
}

/**
 * Makes a clock that asks a server for the time until it is closed.
 *
 * @param {object} [options]
 * @param {string | URL} [options.server] The server; by default that of this module
 * @param {number} [options.samples] Exchanges at the start
 * @param {number} [options.every] Milliseconds between later measurements
 * @param {"fetch" | "websocket"} [options.transport]
 */
export function createClock({ server, samples = 8, every = 64_000, transport = "fetch" } = {}) {
  const base = server ? new URL(server, globalThis.location?.href) : new URL(".", import.meta.url);
  const { exchange, close } = transport === "websocket"
    ? openWebSocket(base)
    : { exchange: () => fetchTime(base), close() {} };
  const resolution = findResolution();
  const listeners = new Set();
  const { promise: ready, resolve: setReady } = Promise.withResolvers();

  /** @type {{ offset: number, error: number, at: number } | undefined} */
  let best;
  let [shown, shownAt] = [NaN, 0];
  /** @type {Status} */
  let status = "waiting";
  let [isBusy, isClosed, isStep] = [false, false, false];
  let [failures, refusals, dueAt, generation] = [0, 0, 0, 0];
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  let epoch = Date.now() - performance.now();

  /** The offset on its way to the best one. */
  const offsetAt = (/** @type {number} */ now) => {
    const max = SLEW * (now - shownAt);
    return best ? shown + Math.max(-max, Math.min(max, best.offset - shown)) : shown;
  };
  const boundAt = (/** @type {number} */ now) =>
    best ? best.error + DRIFT * (now - best.at) + Math.abs(best.offset - offsetAt(now)) : Infinity;

  /** Drops what is known if the device has slept. */
  const check = () => {
    const moved = Date.now() - performance.now() - epoch;
    if (Math.abs(moved) <= SLEEP_MS) return;
    shown = offsetAt(performance.now());
    epoch += moved;
    generation++;
    best = undefined;
    status = "waiting";
    wake();
  };

  const take = (/** @type {Exchange} */ { t1, t2, t3, t4, root_distance, ...reply }) => {
    const now = performance.now();
    const delay = t4 - t1 - (t3 - t2);
    // A clock that was set in between.
    if (!(delay > -2 * resolution)) return;
    status = reply.simulated
      ? "simulated"
      : reply.leap === "unsynchronized"
      ? "unsynchronized"
      : "synchronized";
    const offset = (t2 - t1 + t3 - t4) / 2;
    const error = Math.max(delay, 0) / 2 + (root_distance ?? Infinity) * 1000 + 2 * resolution;
    const age = best ? best.error + DRIFT * (t4 - best.at) : Infinity;
    const contradicts = best && Math.abs(offset - best.offset) > error + age;
    if (contradicts) isStep = true;
    else if (error > age) return;
    shown = offsetAt(now);
    shownAt = now;
    best = { offset, error, at: t4 };
    if (!(Math.abs(offset - shown) < STEP_MS) || refining) shown = offset;
  };
  let refining = true;

  const run = async () => {
    if (isBusy || isClosed || globalThis.document?.visibilityState === "hidden") return;
    isBusy = true;
    isStep = false;
    check();
    epoch = Date.now() - performance.now();
    refining = !best;
    const before = generation;
    let waitMs = every;
    let answers = 0;
    const count = best ? Math.min(4, samples) : samples;
    for (let i = 0; i < count && !isClosed && generation === before; i++) {
      if (i) await sleep(60);
      try {
        const result = await exchange();
        check();
        if (generation === before) take(result);
        answers++;
      } catch (error) {
        const { retryMs } = /** @type {{ retryMs?: number }} */ (error ?? {});
        if (retryMs) waitMs = retryMs * 2 ** refusals++;
        break;
      }
    }
    isBusy = false;
    if (isClosed) return;
    if (answers) failures = refusals = 0;
    else if (++failures > 2) status = "stale";
    if (generation !== before) waitMs = 0;
    else if (!answers) waitMs = refusals ? waitMs : Math.min(every, 500 * 2 ** failures);
    else if (isStep) waitMs = Math.min(every, 16_000);
    dueAt = performance.now() + waitMs;
    clearTimeout(timer);
    timer = setTimeout(run, waitMs);
    if (best) setReady(clock);
    listeners.forEach((listener) => listener(clock));
  };

  const wake = () => {
    if (!best || performance.now() >= dueAt) run();
  };
  const events = ["visibilitychange", "pageshow", "online"];
  const onEvent = () => {
    check();
    wake();
  };
  const targets = [globalThis.document, globalThis];
  targets.forEach((target) => events.forEach((name) => target?.addEventListener?.(name, onEvent)));

  const clock = {
    /** Resolves with the clock once it has the time. */
    ready,
    /** Milliseconds since 1970; NaN before there is a reply. */
    now() {
      check();
      const now = performance.now();
      return now + offsetAt(now);
    },
    /** What `now()` is ahead of `performance.now()`, in milliseconds. */
    get offset() {
      return offsetAt(performance.now());
    },
    /** The error of `now()` is this at most, in milliseconds. */
    get bound() {
      return boundAt(performance.now());
    },
    get status() {
      return status;
    },
    /**
     * Calls a function after each measurement; the function that it returns ends that.
     *
     * @param {"change"} _name
     * @param {(clock: object) => void} listener
     */
    on(_name, listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close() {
      isClosed = true;
      clearTimeout(timer);
      listeners.clear();
      targets.forEach((target) =>
        events.forEach((name) => target?.removeEventListener?.(name, onEvent))
      );
      close();
    },
  };
  run();
  return clock;
}
