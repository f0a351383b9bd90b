/** `timecli top` on a terminal: asks the server at intervals and at keys, and draws its answers. */
import type { ClientOrder, ClientsQuery } from "../../../client/clients_query.ts";
import type { ClientsAnswer, ServerState } from "../../../client/control_api.ts";
import { systemTimers } from "../../../system/time.ts";
import { formatError } from "../../shared/errors.ts";
import { paintTones } from "../../shared/output.ts";
import { TerminalScreen } from "../../shared/terminal.ts";
import { countRows, drawTop, sortKeys, type TopView } from "./screen.ts";

export interface LiveTopOptions {
  readonly url: string;
  readonly sort: ClientOrder;
  /** The most clients to show; by default those for which the screen has room. */
  readonly limit: number | undefined;
  readonly intervalMs: number;
  readonly isAscii: boolean;
  readonly readClients: (query: ClientsQuery, signal: AbortSignal) => Promise<ClientsAnswer>;
  readonly readState: (signal: AbortSignal) => Promise<ServerState>;
  readonly signal: AbortSignal;
}

/**
 * Shows the clients until the signal aborts or `q` is pressed. A server that does not answer for a while is
 * reported on the screen, and asked again.
 *
 * @throws {Error} If it does not answer the first time
 */
export async function runLive(options: LiveTopOptions): Promise<void> {
  const { readClients, readState, intervalMs, limit } = options;
  const stop = new AbortController();
  const signal = AbortSignal.any([options.signal, stop.signal]);
  // Nothing is drawn before it is known that there is a server.
  const state = await readState(signal);
  let wake = new AbortController();
  let view: Omit<TopView, "hasKeys"> = {
    url: options.url,
    sort: options.sort,
    isPaused: false,
    isAscii: options.isAscii,
    latest: undefined,
    receivedPerSecond: undefined,
    failure: undefined,
    paint: paintTones(Deno.stdout),
  };
  await using terminal = new TerminalScreen({
    onKey: (key) => press(key),
    onResize: () => wake.abort(),
  });
  const draw = (): void => {
    if (signal.aborted) return;
    terminal.draw(drawTop({ ...view, hasKeys: terminal.hasKeys }, terminal.size));
  };
  function press(key: string): void {
    const sort = sortKeys[key.toLowerCase()];
    if (key === "q" || key === "Q") return stop.abort();
    if (key === "p" || key === " ") view = { ...view, isPaused: !view.isPaused };
    else if (sort !== undefined) view = { ...view, sort };
    else return;
    draw();
    if (!view.isPaused || sort !== undefined) wake.abort();
  }
  let before = { received: state.totals.received, atMs: systemTimers.monotonicMs() };
  while (!signal.aborted) {
    wake = new AbortController();
    try {
      const { sort } = view;
      const query = { sort, limit: limit ?? countRows(terminal.size) };
      const [list, state] = await Promise.all([
        readClients(query, signal),
        readState(signal),
      ]);
      const now = { received: state.totals.received, atMs: systemTimers.monotonicMs() };
      const seconds = (now.atMs - before.atMs) / 1000;
      // Keys ask more often than the rate can be measured.
      if (seconds >= 0.5) {
        const receivedPerSecond = Math.max(0, now.received - before.received) / seconds;
        view = { ...view, receivedPerSecond };
        before = now;
      }
      view = { ...view, latest: { list, state }, failure: undefined };
    } catch (error) {
      view = { ...view, failure: formatError(error) };
    }
    draw();
    await pause(intervalMs, AbortSignal.any([signal, wake.signal]));
    while (view.isPaused && !signal.aborted && !wake.signal.aborted) {
      await pause(intervalMs, AbortSignal.any([signal, wake.signal]));
    }
  }
}

/** Waits, or less long if the signal aborts. */
async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await systemTimers.sleep(ms, signal).catch(() => {});
}
