/** The screen of `timecli watch` while it runs: when it is drawn, and what keys do to it. */
import type { WatchEvent } from "../../../client/watch.ts";
import { escapeLine } from "../../../text/printable.ts";
import { painter } from "../../shared/style.ts";
import { Terminal } from "../../shared/terminal.ts";
import { spanFor, timeSpans } from "./time_spans.ts";
import { describeNews, type WatchNews } from "./watch_news.ts";
import type { WatchRecord } from "./watch_record.ts";
import { screenOf, type WatchView } from "./watch_screen.ts";
import type { ScreenLine, Tone } from "./watch_table.ts";

/** What to show. */
export interface LiveViewOptions {
  /** The servers, kept up to date by the caller. */
  readonly records: readonly WatchRecord[];
  /** Where to keep what happened, the latest last. */
  readonly news: WatchNews[];
  /** Keep to ASCII. */
  readonly isAscii: boolean;
  /** Is told that the user wants no more. */
  readonly onQuit: () => void;
}

/** Drawing takes milliseconds, which would count as time on the way: replies get this long first. */
const DRAW_AFTER_MS = 150;

/** What happened before that is forgotten. */
const MOST_NEWS = 100;

const tones: Readonly<Partial<Record<WatchNews["type"], Tone>>> = { gone: "bad", back: "good" };

/** Shows what is told it until it is disposed of, which gives the terminal back. */
export class LiveView implements Disposable {
  readonly #options: LiveViewOptions;
  readonly #terminal: Terminal;
  readonly #paint: WatchView["paint"] = {
    bold: painter(Deno.stdout, "1"),
    good: painter(Deno.stdout, "32"),
    odd: painter(Deno.stdout, "33"),
    bad: painter(Deno.stdout, "31"),
  };
  readonly #startMs = performance.now();
  #nowMs = Date.now();
  #elapsedSeconds = 0;
  #selected = 0;
  /** Which scale was chosen; before that it grows. */
  #span: number | undefined;
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
    const { news } = this.#options;
    if (event.type !== "exchange") news.push(event);
    if (news.length > MOST_NEWS) news.shift();
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      if (!this.#isPaused) this.#draw();
    }, DRAW_AFTER_MS);
  }

  #lineOf(news: WatchNews): ScreenLine {
    const { url, at, type } = news;
    const whose = this.#options.records.length > 1 ? `${escapeLine(url)}: ` : "";
    const text = `${at.toString().slice(11, 19)}Z  ${whose}${describeNews(news)}`;
    return { text, tone: tones[type] ?? "odd" };
  }

  /** The scale as it is now. */
  #spanIndex(): number {
    const { asked = 0 } = this.#options.records[this.#selected] ?? {};
    return this.#span ?? spanFor(this.#elapsedSeconds, asked);
  }

  #press(key: string): void {
    const { records, onQuit } = this.#options;
    const scale = (by: number): void => {
      this.#span = Math.max(0, Math.min(timeSpans.length - 1, this.#spanIndex() + by));
    };
    const select = (by: number): void => {
      this.#selected = (this.#selected + by + records.length) % records.length;
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
        this.#span = (this.#spanIndex() + 1) % timeSpans.length;
        break;
      case "\t":
      case "\x1b[B":
        select(1);
        break;
      case "\x1b[Z":
      case "\x1b[A":
        select(-1);
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
    const view = {
      records,
      isAscii,
      span: timeSpans[this.#spanIndex()] ?? timeSpans[0],
      news: news.map((each) => this.#lineOf(each)),
      selected: this.#selected,
      nowMs: this.#nowMs,
      elapsedSeconds: this.#elapsedSeconds,
      isPaused: this.#isPaused,
      hasKeys: this.#terminal.hasKeys,
      paint: this.#paint,
    };
    const { size } = this.#terminal;
    this.#terminal.draw(screenOf(view, size));
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#terminal[Symbol.dispose]();
  }
}
