/** Requests to an interface over HTTP as the texts of inputs, and a server for them, without a network. */
import type { Clock } from "../../../src/clock/clock.ts";
import { ServedTime } from "../../../src/clock/served_time.ts";
import { parseEndpoint } from "../../../src/protocols/endpoint.ts";
import { listClients } from "../../../src/server/clients/list_clients.ts";
import { Faults } from "../../../src/server/faults/faults.ts";
import { planGuard } from "../../../src/server/guard/guard.ts";
import { GuardControl } from "../../../src/server/guard/guard_control.ts";
import type { ControlledListener, ControlledServer } from "../../../src/server/http/call.ts";
import { Counters, type Totals } from "../../../src/transports/counters.ts";
import { FakeTime } from "../../support/fake_time.ts";
import type { HttpRequest } from "../../../src/http/message.ts";

export const TOKEN = "0123456789abcdef";

/** A request as the text of an input. */
export interface Ask {
  readonly method: string;
  readonly target: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string;
  readonly isLocal: boolean;
  readonly hasToken: boolean;
}

export function parseAsk(input: string): Ask | undefined {
  try {
    const ask: Partial<Ask> = JSON.parse(input);
    const isWhole = typeof ask.target === "string" && typeof ask.method === "string" &&
      typeof ask.body === "string" && Array.isArray(ask.headers);
    return isWhole ? ask as Ask : undefined;
  } catch {
    return undefined;
  }
}

/** As the listener makes it; undefined where that refuses it. */
export function requestOf(
  { method, target, headers, body, isLocal }: Ask,
): HttpRequest | undefined {
  const url = URL.parse(target.startsWith("/") ? `http://localhost${target}` : target);
  if (url?.protocol !== "http:") return undefined;
  try {
    const own = new Headers(headers.map(([name, value]) => [name, value]));
    const octets = new TextEncoder().encode(body);
    const parts = octets.length === 0 ? [] : [octets.subarray(0, 7), octets.subarray(7)];
    return {
      method,
      url,
      headers: own,
      isLocal,
      peer: "127.0.0.1",
      body: ReadableStream.from(parts),
    };
  } catch {
    return undefined;
  }
}

/** A moment for every reading. */
const stillClock: Clock = {
  read(time): void {
    [time.seconds, time.nanoseconds] = [1_795_370_400, 0];
  },
};

function listenerOf(url: string, time: ServedTime): ControlledListener {
  const atStart = { faults: {}, seed: 1 };
  const faults = new Faults({}, 1, () => 0);
  const totals = (): Totals => new Counters().totals();
  return { ...parseEndpoint(url), url, totals, time, faults, atStart, own: {} };
}

/** A server of two listeners, one with a clock of its own. */
export class Subject implements Disposable {
  readonly server: ControlledServer;
  readonly #listeners: readonly ControlledListener[];
  readonly #guard = new GuardControl(planGuard({}, true).page, {}, () => ["192.0.2.250"]);
  readonly #times: readonly ServedTime[];

  constructor() {
    const open = (clock: object): ServedTime =>
      new ServedTime({
        base: stillClock,
        clock,
        status: { source: "fixed" },
        precision: -20,
        timers: new FakeTime(),
      });
    const [time, own] = this.#times = [open({}), open({ offset: "+1h" })] as const;
    this.#listeners = [["ntp://127.0.0.1:123", time], ["time://127.0.0.1:37", own]].map((
      [url, time],
    ) => listenerOf(url as string, time as ServedTime));
    this.server = {
      transport: "datagram",
      isAnswering: () => true,
      totals: () => new Counters().totals(),
      started: Temporal.Instant.fromEpochMilliseconds(0),
      recentClients: () => 0,
      clients: (query) => Promise.resolve(listClients([], 0, query)),
      time,
      listeners: this.#listeners,
      guard: this.#guard,
    };
  }

  /** All that a refused request must leave as it was. */
  settings(): string {
    return JSON.stringify([
      this.#times.map(({ state }) => state),
      this.#guard.state,
      this.#listeners.map(({ faults }) => [faults?.options, faults?.seed]),
      Object.keys(Object.prototype),
    ]);
  }

  [Symbol.dispose](): void {
    for (const time of this.#times) time[Symbol.dispose]();
  }
}
