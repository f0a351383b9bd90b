/** The screen of `timecli watch` while it runs: when it is drawn, and the keys that change it. */
import type { WatchEvent } from "../../../client/watch.ts";
import { escapeLine } from "../../../text/printable.ts";
import { paintTones, type StyledLine, type Tone } from "../../shared/output.ts";
import { TerminalScreen } from "../../shared/terminal.ts";
import { formatNotice } from "./lines.ts";
import type { WatchNotice, WatchRecord } from "./record.ts";
import { drawScreen, type WatchView } from "./screen.ts";
import { chooseSpan, timeSpans } from "./axes.ts";

export interface LiveViewOptions {
  /** The servers, kept up to date by the caller. */
  readonly records: readonly WatchRecord[];
  /** Filled with the latest events. */
  readonly notices: WatchNotice[];
  readonly isAscii: boolean;
  readonly onQuit: () => void;
}

/** Drawing takes milliseconds that would count as network delay, so replies get this long first. */
const DRAW_AFTER_MS = 150;

const MAX_NOTICES = 100;

const tones: Readonly<Partial<Record<WatchNotice["type"], Tone>>> = { gone: "bad", back: "good" };

/** The orders of the servers: as given, or the largest value first. */
const orders: readonly {
  readonly name?: string;
  readonly keyOf?: (record: WatchRecord) => number;
}[] = [
  {},
  {
    name: "offset",
    keyOf: ({ shown: { offsets } }) => offsets.count === 0 ? -1 : Math.abs(offsets.mean),
  },
  { name: "delay", keyOf: ({ shown: { delays } }) => delays.count === 0 ? -1 : delays.mean },
  {
    name: "losses",
    keyOf: ({ shown: { lost, bad, sent, unsent } }) =>
      (lost + bad + unsent) / Math.max(1, sent + unsent),
  },
];

/** Owns the terminal until it is disposed of. */
export class LiveView implements AsyncDisposable {
  readonly #options: LiveViewOptions;
  readonly #terminal: TerminalScreen;
  readonly #keys: ReadonlyMap<string, () => void>;
  readonly #paint: WatchView["paint"] = paintTones(Deno.stdout);
  readonly #startMs = performance.now();
  #nowMs = Date.now();
  #elapsedSeconds = 0;
  #selected: WatchRecord;
  #order = 0;
  #showsKeys = false;
  #span: number | undefined;
  #isPaused = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: LiveViewOptions) {
    this.#options = options;
    const pause = (): void => void (this.#isPaused = !this.#isPaused);
    const scale = (by: number) => (): void => {
      this.#span = Math.max(0, Math.min(timeSpans.length - 1, this.#spanIndex() + by));
    };
    const select = (by: number) => (): void => {
      const records = this.#sorted();
      const next = records.indexOf(this.#selected) + by + records.length;
      this.#selected = records[next % records.length] as WatchRecord;
    };
    [this.#selected] = options.records as [WatchRecord];
    this.#keys = new Map([
      ["q", options.onQuit],
      ["Q", options.onQuit],
      ["p", pause],
      [" ", pause],
      ["+", scale(-1)],
      ["-", scale(1)],
      ["s", () => void (this.#span = (this.#spanIndex() + 1) % timeSpans.length)],
      ["?", () => void (this.#showsKeys = true)],
      ["o", () => void (this.#order = (this.#order + 1) % orders.length)],
      ["r", () => options.records.forEach((record) => record.reset())],
      // Tab and the arrow down, Shift-Tab and the arrow up.
      ["\t", select(1)],
      ["\x1b[B", select(1)],
      ["\x1b[Z", select(-1)],
      ["\x1b[A", select(-1)],
    ]);
    this.#terminal = new TerminalScreen({
      onKey: (key) => this.#press(key),
      onResize: () => this.#draw(),
    });
    this.#draw();
  }

  /** Shows an event that the records contain already. */
  show(event: WatchEvent): void {
    const { notices } = this.#options;
    if (event.type !== "exchange") notices.push(event);
    if (notices.length > MAX_NOTICES) notices.shift();
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      if (!this.#isPaused) this.#draw();
    }, DRAW_AFTER_MS);
  }

  #lineOf(notice: WatchNotice): StyledLine {
    const { url, at, type } = notice;
    const server = this.#options.records.length > 1 ? `${escapeLine(url)}: ` : "";
    const text = `${at.toString().slice(11, 19)}Z  ${server}${formatNotice(notice)}`;
    return { text, tone: tones[type] ?? "odd" };
  }

  #spanIndex(): number {
    return this.#span ??
      chooseSpan(this.#elapsedSeconds, this.#selected.sent + this.#selected.unsent);
  }

  #sorted(): readonly WatchRecord[] {
    const { records } = this.#options;
    const { keyOf } = orders[this.#order] ?? {};
    return keyOf ? records.toSorted((a, b) => keyOf(b) - keyOf(a)) : records;
  }

  #press(key: string): void {
    const act = this.#showsKeys && key !== "q" && key !== "Q"
      ? () => void (this.#showsKeys = false)
      : this.#keys.get(key);
    if (!act) return;
    act();
    this.#draw();
  }

  #draw(): void {
    if (!this.#isPaused) {
      this.#nowMs = Date.now();
      this.#elapsedSeconds = (performance.now() - this.#startMs) / 1000;
    }
    const { notices, isAscii } = this.#options;
    const records = this.#sorted();
    const view = {
      records,
      order: orders[this.#order]?.name,
      showsKeys: this.#showsKeys,
      isAscii,
      span: timeSpans[this.#spanIndex()] ?? timeSpans[0],
      notices: notices.map((each) => this.#lineOf(each)),
      selected: records.indexOf(this.#selected),
      nowMs: this.#nowMs,
      elapsedSeconds: this.#elapsedSeconds,
      isPaused: this.#isPaused,
      hasKeys: this.#terminal.hasKeys,
      paint: this.#paint,
    };
    this.#terminal.draw(drawScreen(view, this.#terminal.size));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearTimeout(this.#timer);
    await this.#terminal[Symbol.asyncDispose]();
  }
}
