/** Watches a server for its status page: each second a sample, and what has changed. */
import type { ServedTime } from "../../../../clock/served_time.ts";
import { CONTROL_SCHEMA, type ServerState } from "../../../../client/control_api.ts";
import { TextStream } from "../../../../http/text_stream.ts";
import { systemTimers, type Timers } from "../../../../system/time.ts";
import { formatJson } from "../../../../text/json.ts";
import type { ControlledServer } from "../../call.ts";
import { describeStatus, stateOf, toMilliseconds } from "../../state.ts";
import { describeSimulation, type Finding, findWarnings } from "../../warnings.ts";
import { nameUpstreams } from "../../../upstreams/report.ts";
import { type Counts, countsOf, subtract } from "./counts.ts";
import { History, type HistoryPart, type Span } from "./history.ts";
import { maskClients } from "../../clients.ts";
import { HttpError } from "../../../../http/message.ts";

/** Something that happened. */
interface News {
  readonly id: number;
  readonly at: string;
  readonly level: "ok" | "warn" | "bad";
  readonly text: string;
}

interface Viewer {
  readonly stream: TextStream;
  /** Whether it sees the addresses of clients in full. */
  readonly seesAddresses: boolean;
  /** Whether it still may watch. */
  readonly isAdmitted: () => boolean;
}

const MAX_VIEWERS = 32;

const MAX_NEWS = 50;

const CLIENTS_SECONDS = 5;

/** Proxies close connections that are silent for longer. */
const COMMENT_SECONDS = 15;

/** How long a browser waits before it connects again, in milliseconds. */
const RETRY_MS = 3000;

const CLIENTS_SHOWN = 50;

export class Dashboard implements Disposable {
  readonly #subject: ControlledServer;
  readonly #timers: Timers;
  readonly #viewers = new Set<Viewer>();
  readonly #history = new History((column) =>
    column === "bound" ? "max" : column.startsWith("offset") ? "extreme" : "sum"
  );
  readonly #news: News[] = [];
  /** The warnings that hold, and since when. */
  readonly #warnings = new Map<string, { readonly finding: Finding; readonly since: string }>();
  readonly #startMs: number;
  readonly #timer: Disposable;
  #before: Counts;
  #clientCount = 0;
  #lastId = 0;
  #lastState = "";

  /** Begins to watch. */
  constructor(subject: ControlledServer, timers: Timers = systemTimers) {
    this.#subject = subject;
    this.#timers = timers;
    this.#startMs = timers.monotonicMs();
    this.#before = countsOf(subject);
    this.#add("ok", "Started");
    this.#compare();
    this.#timer = timers.every(1000, () => void this.#tick());
  }

  /** The state of the server, with the times when warnings began. */
  get state(): Omit<ServerState, "schema"> {
    const since = (finding: Finding): string | null =>
      this.#warnings.get(keyOf(finding))?.since ?? null;
    return stateOf(this.#subject, undefined, since);
  }

  history(span: Span): HistoryPart {
    return this.#history.list(span, this.#now());
  }

  /**
   * Opens a stream of Server-Sent Events.
   *
   * @param isAdmitted Whether the viewer still may watch
   * @param lastId The id of the last news that the viewer has
   * @throws {HttpError} If too many watch already
   */
  watch({ seesAddresses, isAdmitted = () => true, lastId = 0 }: {
    readonly seesAddresses: boolean;
    readonly isAdmitted?: () => boolean;
    readonly lastId?: number;
  }): TextStream {
    if (this.#viewers.size >= MAX_VIEWERS) {
      throw new HttpError(503, `${MAX_VIEWERS} watch this server already`, { "retry-after": "10" });
    }
    const stream: TextStream = new TextStream(() => this.#viewers.delete(viewer));
    const viewer: Viewer = { stream, seesAddresses, isAdmitted };
    this.#viewers.add(viewer);
    // Ids begin again with the server: a viewer from before its restart gets all.
    const known = lastId > this.#lastId ? 0 : lastId;
    stream.push(`retry: ${RETRY_MS}\n\n`);
    const { state } = this;
    // Without a viewer, changes were not looked for.
    if (this.#viewers.size === 1) this.#lastState = this.#still();
    stream.push(event("state", withSchema(state)));
    for (const news of this.#news) if (news.id > known) stream.push(newsEvent(news));
    void this.#sendClients([viewer]);
    return stream;
  }

  /** Ends the streams of viewers that may not watch any more. */
  dismiss(): void {
    for (const { stream, isAdmitted } of this.#viewers) if (!isAdmitted()) stream.end();
  }

  [Symbol.dispose](): void {
    this.#timer[Symbol.dispose]();
    for (const { stream } of this.#viewers) stream.end();
  }

  async #tick(): Promise<void> {
    this.dismiss();
    const counts = countsOf(this.#subject);
    const increments = subtract(counts, this.#before);
    this.#before = counts;
    const tick = this.#sample(increments);
    const elapsedMs = this.#timers.monotonicMs() - this.#startMs;
    // A tick comes a little before or after the end of its second.
    const second = Math.round(elapsedMs / 1000);
    this.#history.add(Math.max(0, second - 1), columnsOf(tick));
    // A state that follows has the counts of this second already.
    this.#send(event("tick", tick));
    this.#compare();
    if (second % COMMENT_SECONDS === 0) this.#send(": still here\n\n");
    if (second % CLIENTS_SECONDS === 0) await this.#sendClients([...this.#viewers]);
  }

  #sample(counts: Counts): Tick {
    const { time, following } = this.#subject;
    const look = time.look();
    const upstreams = following?.list();
    return {
      t: Math.floor(this.#now()),
      time: toMilliseconds(look),
      offset: time.state.offset,
      ...counts,
      clients: this.#clientCount,
      bound: describeStatus(look).rootDistance,
      ...upstreams && {
        upstreams: Object.fromEntries(
          nameUpstreams(upstreams).map((name, i) => {
            const { offset, distance } = upstreams[i] ?? {};
            return [name, [offset ?? null, distance ?? null]];
          }),
        ),
      },
    };
  }

  /** The parts of the state that stay as they are unless something happens; cheaper than all of it. */
  #still(): string {
    const { isAnswering, time, listeners, following } = this.#subject;
    const { leap, stratum, referenceId } = time.look().status;
    return JSON.stringify([
      isAnswering(),
      [...this.#warnings].map(([key, { since }]) => [key, since]),
      [simulationOf(time), leap, stratum, referenceId],
      listeners.map((
        { faults, time: own },
      ) => [faults?.options, own !== time && simulationOf(own)]),
      following?.discipline.state,
      following?.list().map(({ state, address, reach }) => [state, address, reach]),
    ]);
  }

  /** Sends the state if something in it has changed that is no count and no clock reading. */
  #compare(): void {
    const found = findWarnings(this.#subject);
    const keys = new Set(found.map(keyOf));
    const at = this.#timers.now().toString({ smallestUnit: "second" });
    for (const finding of found) {
      const key = keyOf(finding);
      const known = this.#warnings.get(key);
      if (known === undefined) this.#add(finding.level === "bad" ? "bad" : "warn", finding.text);
      this.#warnings.set(key, { finding, since: known?.since ?? at });
    }
    for (const [key, { finding }] of this.#warnings) {
      if (keys.has(key)) continue;
      this.#warnings.delete(key);
      this.#add("ok", finding.over);
    }
    // A viewer gets the state when it comes.
    if (this.#viewers.size === 0) return;
    const text = this.#still();
    if (text === this.#lastState) return;
    this.#lastState = text;
    this.#send(event("state", withSchema(this.state)));
  }

  #add(level: News["level"], text: string): void {
    const at = this.#timers.now().toString({ smallestUnit: "second" });
    const news = { id: ++this.#lastId, at, level, text };
    this.#news.push(news);
    if (this.#news.length > MAX_NEWS) this.#news.shift();
    this.#send(newsEvent(news));
  }

  async #sendClients(viewers: readonly Viewer[]): Promise<void> {
    if (viewers.length === 0) return;
    const list = await this.#subject.clients({ sort: "rate", limit: CLIENTS_SHOWN });
    this.#clientCount = list.total;
    for (const { stream, seesAddresses } of viewers) {
      stream.push(event("clients", withSchema(seesAddresses ? list : maskClients(list))));
    }
  }

  #send(text: string): void {
    for (const { stream } of this.#viewers) stream.push(text);
  }

  /** This machine's time, in seconds since 1970. */
  #now(): number {
    return this.#timers.now().epochMilliseconds / 1000;
  }
}

/** One second of a server. */
interface Tick extends Counts {
  /** Seconds since 1970 by this machine's clock. */
  readonly t: number;
  /** The served time, in milliseconds since 1970. */
  readonly time: number;
  /** The served time minus this machine's, in seconds. */
  readonly offset: number;
  readonly clients: number;
  /** The root distance in seconds; null while the clock is not synchronised. */
  readonly bound: number | null;
  readonly upstreams?: Readonly<
    Record<string, readonly [offset: number | null, distance: number | null]>
  >;
}

function columnsOf({ replies, refused, bound, upstreams = {} }: Tick): Record<
  string,
  number | undefined
> {
  return {
    ...Object.fromEntries(
      Object.entries(replies).map(([protocol, count]) => [`replies_${protocol}`, count]),
    ),
    refused: Object.values(refused).reduce((sum, count) => sum + count, 0),
    bound: bound ?? undefined,
    ...Object.fromEntries(
      Object.entries(upstreams).map(([name, [offset]]) => [`offset:${name}`, offset ?? undefined]),
    ),
  };
}

/** How a clock is simulated; at another rate, its offset is another one each second. */
function simulationOf(time: ServedTime): unknown {
  if (!time.isSimulated) return [];
  const { state } = time;
  const simulated = describeSimulation(state);
  return state.rate === 1 ? simulated : [simulated.length, state.rate];
}

function keyOf({ kind, about }: Finding): string {
  return `${kind} ${about}`;
}

/** The body of the response with the same content. */
function withSchema(body: object): object {
  return { schema: CONTROL_SCHEMA, ...body };
}

function event(name: string, data: unknown): string {
  return `event: ${name}\ndata: ${formatJson(data)}\n\n`;
}

function newsEvent({ id, ...news }: News): string {
  return `id: ${id}\n${event("news", news)}`;
}
