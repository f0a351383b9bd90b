import type { ClockOptions } from "../../clock/sources/timeline/options.ts";
import { type Endpoint, formatAddress, formatEndpoint } from "../../protocols/endpoint.ts";
import { type Fields, flag, oneOf, passed, UNNAMED } from "../../options/field.ts";
import { readOptions } from "../../options/read.ts";
import {
  decodeKind,
  encodeKind,
  formatKind,
  formatKindWithMode,
  type RequestKind,
} from "../../protocols/request_kind.ts";
import { systemTimers, type Timers } from "../../system/time.ts";
import { formatPlural } from "../../text/units.ts";
import type { Totals } from "../../transports/counters.ts";
import type { ListenerFaults } from "../faults/faults.ts";
import { formatFaults } from "../faults/text.ts";
import { BoundedWriter, type Sink } from "./bounded_writer.ts";
import {
  FAILURE_LINE,
  LIMIT_WINDOW_MS,
  LineLimiter,
  REFUSAL_LINE,
  REQUEST_LINE,
} from "./line_limiter.ts";
import type { LoggedSource } from "./request_log.ts";
import { formatTotals } from "./totals.ts";
import { formatJson } from "../../text/json.ts";
import { escapeText, shorten } from "../../text/printable.ts";

/** How much a {@linkcode ServerLog} writes. */
export type LogLevel = "quiet" | "normal" | "verbose";

/** Options for {@linkcode ServerLog}. */
export interface ServerLogOptions {
  /** The destination of the lines, such as `Deno.stderr`. */
  readonly sink: Sink;
  /**
   * Text lines, or one JSON object per line.
   *
   * @default {"text"}
   */
  readonly format?: "text" | "json";
  /**
   * `quiet` logs only warnings, simulated clocks and faults; `verbose` adds each request's NTP mode and size,
   * refused requests with their causes, and every failed receive or send.
   *
   * @default {"normal"}
   */
  readonly level?: LogLevel;
  /**
   * Whether the text format has colours.
   *
   * @default {false}
   */
  readonly colour?: boolean;
  /** The timers of its lines and their seconds; by default this machine's. */
  readonly timers?: Timers;
}

const fields: Fields<ServerLogOptions> = {
  sink: passed(),
  format: oneOf(["text", "json"], UNNAMED),
  level: oneOf(["quiet", "normal", "verbose"], UNNAMED),
  colour: flag(UNNAMED),
  timers: passed(),
};

/** A part of a line, in a style or without one. */
type Part = string | readonly [code: string, text: string];

/** A clock with many steps may be longer. */
const MAX_PART_LENGTH = 1000;

/** A change may have as much JSON as a request: 64 KiB. */
const MAX_CHANGE_LENGTH = 300;

const [BOLD, DIM, YELLOW, CYAN] = ["1", "2", "33", "36"];

/**
 * The log of a server: its listeners, its clients, its totals.
 *
 * It writes at most 20 lines per second about requests and failures, 20 about refused requests and 20 about
 * changes, then one that counts the rest. If the sink blocks, it drops lines rather than wait.
 *
 * @example
 * ```ts
 * import { serve, ServerLog } from "@timesrv/timesrv";
 *
 * const log = new ServerLog({ sink: Deno.stderr, format: "json" });
 * await using server = await serve("asctime://127.0.0.1:0", { log });
 * ```
 */
export class ServerLog {
  readonly #writer: BoundedWriter;
  readonly #json: boolean;
  readonly #level: LogLevel;
  readonly #colour: boolean;
  readonly #limiter = new LineLimiter();
  /** Its own, so that no flood of datagrams hides a change. */
  readonly #changeLimiter = new LineLimiter();
  readonly #timers: Timers;
  #window: Disposable | undefined;

  /** Opens a log; nothing is written yet. */
  constructor(given: ServerLogOptions) {
    const options = { ...given, ...readOptions(fields, given, "log") };
    this.#writer = new BoundedWriter(options.sink);
    this.#json = options.format === "json";
    this.#level = options.level ?? "normal";
    this.#colour = !this.#json && (options.colour ?? false);
    this.#timers = options.timers ?? systemTimers;
  }

  /** Logs that a listener is ready. */
  listening(endpoint: Endpoint): void {
    const { protocol, hostname, port } = endpoint;
    this.#inform(
      [`Serving ${protocol} on udp `, [BOLD, formatAddress(endpoint)]],
      { event: "listening", url: formatEndpoint(endpoint), protocol, hostname, port },
    );
  }

  /** Logs the URL of the control interface, or of the HTTP interface, whose page a browser shows. */
  opened(event: "control" | "http" | "nts", url: string, hasPage = false): void {
    const names = { control: "Control interface", http: "HTTP", nts: "NTS key exchange" };
    const name = hasPage ? "Status page" : names[event];
    this.#inform([`${name} on `, [BOLD, url]], { event, url });
  }

  /** Logs a change by the control interface, unless there are too many in this second. */
  changed(whole: string): void {
    if (this.#level === "quiet") return;
    this.#openWindow();
    if (!this.#changeLimiter.admit(REQUEST_LINE)) return;
    const change = shorten(whole, MAX_CHANGE_LENGTH);
    this.#line([[YELLOW, `Changed: ${change}`]], { event: "changed", change });
  }

  /** Logs the transport, and why it is not a faster one that was requested. */
  transport(
    choice: { readonly transport: "datagram" | "mmsg"; readonly reason?: string },
    workers: number,
  ): void {
    const { transport, reason } = choice;
    const detail = transport === "mmsg" ? formatPlural(workers, "worker thread") : reason;
    this.#inform(
      [`Transport: ${transport}${detail === undefined ? "" : ` (${detail})`}`],
      { event: "transport", transport, ...(transport === "mmsg" ? { workers } : { reason }) },
    );
  }

  /** Logs the options of a simulated clock, of all listeners or of one, whatever the level: a warning. */
  clock(clock: ClockOptions, url?: string): void {
    const { leapSeconds: _list, leapSecondsExpire: _expiry, ...options } = clock;
    const parts = Object.entries(options).map(([name, value]) => `${name} ${String(value)}`);
    if (parts.length === 0) return;
    const where = url === undefined ? "" : ` on ${url}`;
    this.#line(
      [[YELLOW, `Simulated clock${where}, not the true time: ${parts.join(", ")}`]],
      { event: "clock", ...(url !== undefined && { url }), options },
    );
  }

  /** Logs the faults of a listener, and the seed that repeats them, whatever the level. */
  faults({ options, seed }: Pick<ListenerFaults, "options" | "seed">, url: string): void {
    const faults = formatFaults(options).join(", ") || "none yet";
    this.#line(
      [[YELLOW, `Faults on ${url}: ${faults} (seed ${seed})`]],
      { event: "faults", url, faults: Object.keys(options), seed },
    );
  }

  /** Whether requests are logged. */
  get logsRequests(): boolean {
    return this.#level !== "quiet";
  }

  /** Whether refused requests are logged, and failures. */
  get logsRefusals(): boolean {
    return this.#level === "verbose";
  }

  /** Counts lines that another thread suppressed. */
  addSuppressed(
    lines: {
      readonly requests: number;
      readonly failures: number;
      readonly refusals: number;
    },
  ): void {
    const { requests } = lines;
    const logged = this.logsRefusals ? lines : { requests, failures: 0, refusals: 0 };
    if (this.#level === "quiet" || logged.requests + logged.failures + logged.refusals === 0) {
      return;
    }
    this.#limiter.addSuppressed(logged);
    this.#openWindow();
  }

  /** Logs what has changed among the upstream servers that are followed. */
  upstream(message: string): void {
    this.#inform([message], { event: "upstream", message });
  }

  /** Logs a warning for the administrator, whatever the level. */
  warning(message: string): void {
    this.#line([[YELLOW, `Warning: ${message}`]], { event: "warning", message });
  }

  /** Logs a request that gets a reply, unless there are too many in this second. */
  request(
    endpoint: Endpoint,
    source: { readonly hostname: string; readonly port: number },
    request: Uint8Array,
  ): void {
    if (this.#level === "quiet") return;
    this.#openWindow();
    if (!this.#limiter.admit(REQUEST_LINE)) return;
    const { kind, octets, url, from } = describe(endpoint, source, request);
    const detail = this.logsRefusals
      ? ` (${formatKindWithMode(kind)}): ${formatPlural(octets, "octet")} to ${url}`
      : ` (${formatKind(kind)})`;
    this.#line(
      ["Time request from ", [CYAN, from], detail],
      { event: "request", from, url, octets, ...kind },
    );
  }

  /**
   * Logs a refused request if the level is `verbose`, unless there are too many in this second.
   *
   * @param cause One of the causes of `Totals.refused`, or `KoD` and the code of the kiss-o'-death sent
   */
  refused(
    endpoint: Endpoint,
    source: { readonly hostname: string; readonly port: number },
    request: Uint8Array,
    cause: string,
  ): void {
    if (!this.logsRefusals) return;
    this.#openWindow();
    if (!this.#limiter.admit(REFUSAL_LINE)) return;
    const { kind, octets, url, from } = describe(endpoint, source, request);
    const detail = `${formatKindWithMode(kind)}, ${formatPlural(octets, "octet")} to ${url}`;
    this.#line(
      ["Refused ", [CYAN, from], `: ${cause} (${detail})`],
      { event: "refused", from, url, octets, ...kind, cause },
    );
  }

  /** Logs a failed receive, reply or send; the server goes on. */
  failed(endpoint: Endpoint, operation: string, error: unknown): void {
    if (!this.logsRefusals) return;
    this.#openWindow();
    if (!this.#limiter.admit(FAILURE_LINE)) return;
    const message = error instanceof Error ? error.message : String(error);
    const url = formatEndpoint(endpoint);
    this.#line(
      [[YELLOW, `Cannot ${operation} on ${url}: ${message}`]],
      { event: "failure", operation, url, message },
    );
  }

  /** Logs why a server stops by itself. */
  ending(reason: string): void {
    this.#inform([`Ending: ${reason}`], { event: "ending", reason });
  }

  /** Logs the totals of a stopped server, `elapsedSeconds` after its start. */
  stopped(totals: Totals, elapsedSeconds: number): void {
    this.#sumUp();
    const elapsed = Number(elapsedSeconds.toFixed(3));
    const text = `Stopped after ${elapsedSeconds.toFixed(1)} s: ${formatTotals(totals)}`;
    this.#inform([text], { event: "stopped", elapsed, ...totals });
  }

  /** Logs the totals of the last `elapsedSeconds`, whatever the level. */
  interval(totals: Totals, elapsedSeconds: number): void {
    const perSecond = totals.answered / elapsedSeconds;
    const [elapsed, rate] = [elapsedSeconds, perSecond].map((value) => Number(value.toFixed(3)));
    this.#line(
      [`In the last ${elapsedSeconds.toFixed(1)} s: ${formatTotals(totals, perSecond)}`],
      { event: "interval", elapsed, rate, ...totals },
    );
  }

  /** Waits until all lines are written, or the sink has blocked too long. */
  flush(): Promise<void> {
    this.#sumUp();
    return this.#writer.flush();
  }

  #openWindow(): void {
    this.#window ??= this.#timers.every(LIMIT_WINDOW_MS, () => this.#sumUp());
  }

  /** Ends the second with one line that counts the suppressed ones. */
  #sumUp(): void {
    this.#window?.[Symbol.dispose]();
    this.#window = undefined;
    const { requests, failures, refusals } = this.#limiter.refill();
    const { requests: changes } = this.#changeLimiter.refill();
    if (requests + failures + refusals + changes === 0) return;
    const more = [
      ...changes > 0 ? [formatPlural(changes, "more change")] : [],
      ...requests > 0 ? [formatPlural(requests, "more time request")] : [],
      ...refusals > 0 ? [formatPlural(refusals, "more refused request")] : [],
      ...failures > 0 ? [formatPlural(failures, "more failure")] : [],
    ].join(" and ");
    const text = `… and ${more} in that second`;
    this.#line([[DIM, text]], { event: "more", requests, refusals, failures, changes });
  }

  #inform(parts: readonly Part[], fields: Record<string, unknown>): void {
    if (this.#level !== "quiet") this.#line(parts, fields);
  }

  /** Writes a line; both formats escape every character that a terminal would obey. */
  #line(parts: readonly Part[], fields: Record<string, unknown>): void {
    // Of this machine's clock, never of a simulated one; UTC, as in all output of both programs.
    const time = this.#timers.now().toString({ smallestUnit: "millisecond" });
    const line = this.#json
      ? formatJson({ time, ...fields })
      : [[DIM, time] as const, " ", ...parts].map((part) => this.#format(part)).join("");
    this.#writer.write(`${line}\n`);
  }

  #format(part: Part): string {
    const [code, text] = typeof part === "string" ? [undefined, part] : part;
    const safe = escapeText(shorten(text, MAX_PART_LENGTH));
    return this.#colour && code !== undefined ? `\x1b[${code}m${safe}\x1b[0m` : safe;
  }
}

interface Described {
  readonly kind: RequestKind;
  readonly octets: number;
  readonly url: string;
  readonly from: string;
}

function describe(endpoint: Endpoint, source: LoggedSource, request: Uint8Array): Described {
  return {
    kind: decodeKind(encodeKind(endpoint.protocol, request)),
    octets: request.length,
    url: formatEndpoint(endpoint),
    from: formatAddress(source),
  };
}
