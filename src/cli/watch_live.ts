/** The screen of `timecli watch` while it runs: when it is drawn, and what keys do to it. */
import type { QueryFailure } from "../client/query_error.ts";
import type { Sighting, WatchedExchange, WatchEvent } from "../client/watch.ts";
import { describe } from "./exit_codes.ts";
import { onOneLine } from "./one_line.ts";
import { painter } from "./style.ts";
import { Terminal } from "./terminal.ts";
import { signedSeconds } from "./units.ts";
import { describeNews, type WatchRecord } from "./watch_record.ts";
import { screenOf, timeSpans } from "./watch_screen.ts";

/** What to show. */
export interface LiveViewOptions {
  /** The servers, kept up to date by the caller. */
  readonly records: readonly WatchRecord[];
  /** Where to keep what happened, a line each, the latest last. */
  readonly news: string[];
  /** Keep to ASCII. */
  readonly isAscii: boolean;
  /** Is told that the user wants no more. */
  readonly onQuit: () => void;
}

/** Drawing takes milliseconds, which would count as time on the way: replies get this long first. */
const DRAW_AFTER_MS = 150;

/** What happened before that is forgotten. */
const MOST_NEWS = 100;

/** Shows what is told it until it is disposed of, which gives the terminal back. */
export class LiveView implements Disposable {
  readonly #options: LiveViewOptions;
  readonly #terminal: Terminal;
  readonly #bold = painter(Deno.stdout, "1");
  readonly #startMs = performance.now();
  readonly #troubles = new Map<string, QueryFailure>();
  #nowMs = Date.now();
  #elapsedSeconds = 0;
  #selected = 0;
  #span = 0;
  #isPaused = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param options What to show */
  constructor(options: LiveViewOptions) {
    this.#options = options;
    this.#terminal = new Terminal({
      onKey: (key) => this.#press(key),
      onResize: () => this.#draw(),
    });
    this.#draw();
  }

  /** Tells of an event, and draws what has become of it. */
  show(event: WatchEvent): void {
    const text = event.type === "exchange"
      ? this.#trouble(event)
      : describeNews(event, signedSeconds);
    if (text !== undefined) this.#note(event, text);
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      if (!this.#isPaused) this.#draw();
    }, DRAW_AFTER_MS);
  }

  /** What to say if a server begins to fail, or no longer does. */
  #trouble({ url, error }: Sighting & WatchedExchange): string | undefined {
    const before = this.#troubles.get(url);
    if (error?.reason === before) return undefined;
    if (error === undefined) {
      this.#troubles.delete(url);
      return "answers again";
    }
    this.#troubles.set(url, error.reason);
    return describe(error);
  }

  #note({ url, at }: WatchEvent, text: string): void {
    const time = new Date(at.epochMilliseconds).toTimeString().slice(0, 8);
    const record = this.#options.records.length > 1 ? `${onOneLine(url)}: ` : "";
    const { news } = this.#options;
    news.push(`${time}  ${record}${text}`);
    if (news.length > MOST_NEWS) news.shift();
  }

  #press(key: string): void {
    const { records, onQuit } = this.#options;
    const scale = (by: number): void => {
      this.#span = Math.max(0, Math.min(timeSpans.length - 1, this.#span + by));
    };
    switch (key) {
      case "q":
      case "Q":
        return onQuit();
      case "p":
      case " ":
        this.#isPaused = !this.#isPaused;
        break;
      case "+":
        scale(-1);
        break;
      case "-":
        scale(1);
        break;
      case "s":
        this.#span = (this.#span + 1) % timeSpans.length;
        break;
      case "\t":
        this.#selected = (this.#selected + 1) % records.length;
        break;
      default:
        return;
    }
    this.#draw();
  }

  #draw(): void {
    if (!this.#isPaused) {
      this.#nowMs = Date.now();
      this.#elapsedSeconds = (performance.now() - this.#startMs) / 1000;
    }
    const { records, news, isAscii } = this.#options;
    const span = timeSpans[this.#span] ?? { seconds: 60, tick: 15 };
    const view = {
      records,
      isAscii,
      span,
      news,
      selected: this.#selected,
      nowMs: this.#nowMs,
      elapsedSeconds: this.#elapsedSeconds,
      isPaused: this.#isPaused,
      bold: this.#bold,
    };
    const { size } = this.#terminal;
    this.#terminal.draw(screenOf(view, size));
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#terminal[Symbol.dispose]();
  }
}
