import { localOffset } from "../../system/local_time.ts";
import type { ClockOptions } from "../../clock/sources/timeline/options.ts";
import { type Endpoint, formatAddress, formatEndpoint } from "../../protocols/endpoint.ts";
import { refusalCauses } from "../../protocols/responder.ts";
import type { Totals } from "../../transports/counters.ts";
import { formatCount, formatPlural } from "../../text/units.ts";
import { BoundedWriter, type Sink } from "./bounded_writer.ts";
import type { ListenerFaults } from "../faults/faults.ts";
import { writeFaults } from "../faults/text.ts";

/** How much a {@linkcode ServerLog} tells. */
export type LogLevel = "quiet" | "normal" | "verbose";

/** Options for {@linkcode ServerLog}. */
export interface ServerLogOptions {
  /** Where the lines go, for example `Deno.stderr`. */
  readonly sink: Sink;
  /**
   * Lines for people, or a JSON object a line.
   *
   * @default {"text"}
   */
  readonly format?: "text" | "json";
  /**
   * `quiet` leaves only problems, `verbose` adds each request's size and every
   * failed receive or send.
   *
   * @default {"normal"}
   */
  readonly level?: LogLevel;
  /**
   * Colour for a terminal, in the text format.
   *
   * @default {false}
   */
  readonly colour?: boolean;
}

/** Lines a second that datagrams may cause; what is beyond is summed up in one line. */
const LINES_PER_SECOND = 20;
const WINDOW_MS = 1000;

/**
 * What a server says while it runs: where it listens, who asked, what it did.
 *
 * However many requests come, it writes some lines a second, then one that
 * sums up the rest; and when the sink blocks it drops lines rather than wait.
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
  #linesLeft = LINES_PER_SECOND;
  #requestsUntold = 0;
  #failuresUntold = 0;
  #window: ReturnType<typeof setTimeout> | undefined;

  /**
   * Opens a log; nothing is written yet.
   *
   * @param options Where to write, how, and how much
   */
  constructor(options: ServerLogOptions) {
    this.#writer = new BoundedWriter(options.sink);
    this.#json = options.format === "json";
    this.#level = options.level ?? "normal";
    this.#colour = !this.#json && (options.colour ?? false);
  }

  /** Says that a listener is ready. */
  listening(endpoint: Endpoint): void {
    if (this.#level === "quiet") return;
    const { protocol, hostname, port } = endpoint;
    const address = formatAddress(endpoint);
    this.#line(
      `Serving ${protocol} on udp ${this.#paint(BOLD, address)}`,
      { event: "listening", url: formatEndpoint(endpoint), protocol, hostname, port },
    );
  }

  /** Says where the server is controlled. */
  control(url: string): void {
    if (this.#level === "quiet") return;
    this.#line(`Controlled on ${this.#paint(BOLD, url)}`, { event: "control", url });
  }

  /** Tells of a change by the control interface. */
  changed(change: string): void {
    if (this.#level === "quiet") return;
    this.#line(this.#paint(YELLOW, `Changed: ${change}`), { event: "changed", change });
  }

  /** Says how datagrams are moved, and why not faster if that was wanted. */
  transport(
    choice: { readonly transport: "datagram" | "mmsg"; readonly reason?: string },
    workers: number,
  ): void {
    if (this.#level === "quiet") return;
    const { transport, reason } = choice;
    const how = transport === "mmsg" ? formatPlural(workers, "worker thread") : reason;
    this.#line(
      `Transport: ${transport}${how === undefined ? "" : ` (${how})`}`,
      { event: "transport", transport, ...(transport === "mmsg" ? { workers } : { reason }) },
    );
  }

  /** Says that a clock is made up, so that nobody takes it for the time; of one listener, or of all others. */
  clock(options: ClockOptions, url?: string): void {
    const { leapSeconds: _list, ...told } = options;
    const parts = Object.entries(told).map(([name, value]) => `${name} ${String(value)}`);
    if (parts.length === 0 || this.#level === "quiet") return;
    const where = url === undefined ? "" : ` on ${url}`;
    this.#line(
      this.#paint(YELLOW, `Not the true time${where}: ${parts.join(", ")}`),
      { event: "clock", ...(url !== undefined && { url }), options: told },
    );
  }

  /** Says what goes wrong on purpose, and how to have the same go wrong again. */
  faults({ options, seed }: Pick<ListenerFaults, "options" | "seed">, url: string): void {
    if (this.#level === "quiet") return;
    const written = writeFaults(options);
    const what = written.length > 0 ? written.join(", ") : "none yet";
    this.#line(
      this.#paint(YELLOW, `Faults on purpose on ${url}: ${what} (seed ${seed})`),
      { event: "faults", url, faults: Object.keys(options), seed },
    );
  }

  /** Whether it tells of requests at all. */
  get tellsRequests(): boolean {
    return this.#level !== "quiet";
  }

  /** Adds what another thread did not tell of to what is summed up. */
  untold(requests: number, failures: number): void {
    if (this.#level === "quiet" || requests + failures === 0) return;
    this.#requestsUntold += requests;
    if (this.#level === "verbose") this.#failuresUntold += failures;
    this.#window ??= setTimeout(() => this.#sumUp(), WINDOW_MS);
  }

  /** Says something an administrator should know, whatever the level. */
  warning(message: string): void {
    this.#line(this.#paint(YELLOW, `Warning: ${message}`), { event: "warning", message });
  }

  /** Tells of one request, unless too many have been told of this second. */
  request(
    endpoint: Endpoint,
    source: { readonly hostname: string; readonly port: number },
    octets: number,
  ): void {
    if (this.#level === "quiet") return;
    if (!this.#mayTell()) {
      this.#requestsUntold++;
      return;
    }
    const from = formatAddress(source);
    const detail = this.#level === "verbose"
      ? `: ${formatPlural(octets, "octet")} to ${formatEndpoint(endpoint)}`
      : "";
    this.#line(
      `Time request from ${this.#paint(CYAN, from)}${detail}`,
      { event: "request", from, url: formatEndpoint(endpoint), octets },
    );
  }

  /** Tells of a receive, an answer or a send that failed and was survived. */
  failed(endpoint: Endpoint, operation: string, error: unknown): void {
    if (this.#level !== "verbose") return;
    if (!this.#mayTell()) {
      this.#failuresUntold++;
      return;
    }
    const message = error instanceof Error ? error.message : String(error);
    this.#line(
      this.#paint(YELLOW, `Cannot ${operation} on ${formatEndpoint(endpoint)}: ${message}`),
      { event: "failure", operation, url: formatEndpoint(endpoint), message },
    );
  }

  /** Gives the totals of a server that has stopped, `elapsedSeconds` after its start. */
  stopped(totals: Totals, elapsedSeconds: number): void {
    this.#sumUp();
    if (this.#level === "quiet") return;
    this.#line(
      `Stopped after ${elapsedSeconds.toFixed(1)} s: ${describeTotals(totals)}`,
      { event: "stopped", elapsed: Number(elapsedSeconds.toFixed(3)), ...totalsJson(totals) },
    );
  }

  /** Gives what was done in the last `elapsedSeconds`, whatever the level. */
  interval(totals: Totals, elapsedSeconds: number): void {
    const rate = totals.answered / elapsedSeconds;
    this.#line(
      `In the last ${elapsedSeconds.toFixed(1)} s: ${describeTotals(totals, rate)}`,
      {
        event: "interval",
        elapsed: Number(elapsedSeconds.toFixed(3)),
        rate: Number(rate.toFixed(3)),
        ...totalsJson(totals),
      },
    );
  }

  /** Waits until what was logged is written, or the sink has blocked too long. */
  flush(): Promise<void> {
    this.#sumUp();
    return this.#writer.flush();
  }

  #mayTell(): boolean {
    this.#window ??= setTimeout(() => this.#sumUp(), WINDOW_MS);
    return this.#linesLeft > 0 && this.#linesLeft-- > 0;
  }

  /** Ends the second: one line for all that was not told, and a fresh allowance. */
  #sumUp(): void {
    clearTimeout(this.#window);
    this.#window = undefined;
    this.#linesLeft = LINES_PER_SECOND;
    const requests = this.#requestsUntold;
    const failures = this.#failuresUntold;
    this.#requestsUntold = this.#failuresUntold = 0;
    if (requests + failures === 0) return;
    const more = [
      requests > 0 ? formatPlural(requests, "more time request") : "",
      failures > 0 ? formatPlural(failures, "more failure") : "",
    ].filter((part) => part !== "").join(" and ");
    this.#line(this.#paint(DIM, `… and ${more} in that second`), {
      event: "more",
      requests,
      failures,
    });
  }

  #line(text: string, fields: Record<string, unknown>): void {
    const now = Temporal.Now.instant();
    if (this.#json) {
      const time = now.toString({ smallestUnit: "millisecond" });
      this.#writer.write(JSON.stringify({ time, ...fields }) + "\n");
    } else {
      const stamp = localTimeStamp(now);
      this.#writer.write(`${this.#paint(DIM, stamp)} ${text}\n`);
    }
  }

  #paint(code: string, text: string): string {
    return this.#colour ? `\x1b[${code}m${text}\x1b[0m` : text;
  }
}

const BOLD = "1";
const DIM = "2";
const YELLOW = "33";
const CYAN = "36";

function localTimeStamp(instant: Temporal.Instant): string {
  const { epochMilliseconds } = instant;
  const offsetSeconds = localOffset(Math.floor(epochMilliseconds / 1000));
  const local = new Date(epochMilliseconds + offsetSeconds * 1000);
  return local.toISOString().replace("T", " ").replace("Z", "");
}

/** Totals with the names of the JSON log. */
function totalsJson(totals: Totals): Record<string, unknown> {
  return {
    received: totals.received,
    answered: totals.answered,
    kisses: totals.kisses,
    copies: totals.copies,
    refused: totals.refused,
    responder_errors: totals.responderErrors,
    receive_errors: totals.receiveErrors,
    send_errors: totals.sendErrors,
  };
}

/**
 * Totals as people read them:
 * `3 received, 2 answered (0.2/s, 1 kiss), 1 refused (1 looks-like-a-reply), 0 errors`.
 *
 * @param totals What is described
 * @param rate Answers a second, if they are to be told
 */
function describeTotals(totals: Totals, rate?: number): string {
  const causes = refusalCauses.filter((cause) => totals.refused[cause] > 0);
  const refused = causes.reduce((sum, cause) => sum + totals.refused[cause], 0);
  const reasons = causes.map((cause) => `${formatCount(totals.refused[cause])} ${cause}`).join(
    ", ",
  );
  const errors = totals.responderErrors + totals.receiveErrors + totals.sendErrors;
  const how = [
    ...rate === undefined ? [] : [`${Number(rate.toPrecision(3)).toLocaleString("en-US")}/s`],
    // Who was told to ask less often was answered, but got no time.
    ...totals.kisses === 0 ? [] : [formatPlural(totals.kisses, "kiss", "kisses")],
  ];
  const answers = how.length === 0 ? "" : ` (${how.join(", ")})`;
  return `${formatCount(totals.received)} received, ${
    formatCount(totals.answered)
  } answered${answers}, ` +
    `${formatCount(refused)} refused${reasons === "" ? "" : ` (${reasons})`}, ` +
    formatPlural(errors, "error");
}
