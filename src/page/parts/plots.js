/** The two plots, drawn by uPlot. */
import { byId, keepChildren, make, setAttribute, setClass, setText } from "./dom.js";
import {
  formatCount,
  formatRate,
  formatSeconds,
  formatSigned,
  formatTime,
  nameUpstreams,
  protocolName,
  shortenName,
} from "./format.js";
import { glyphOf } from "./header.js";
import { spans } from "./series.js";

/** @typedef {import("../shapes.d.ts").State} State */
/** @typedef {import("../shapes.d.ts").News} News */
/** @typedef {import("./series.js").Series} Series */
/** @typedef {import("./series.js").Column} Column */

/**
 * A line: never by its colour alone.
 *
 * @typedef {{ name: string, key: string, column: string, color: string, dash: number[] }} Line
 */

const looks = [
  { color: "--sky", dash: [] },
  { color: "--orange", dash: [7, 4] },
  { color: "--pink", dash: [2, 4] },
  { color: "--green", dash: [] },
  { color: "--text", dash: [7, 4] },
  { color: "--soft", dash: [2, 4] },
];

/** Colours of the style sheet as a canvas reads them. @type {Map<string, string>} */
const colors = new Map();

/** @param {string} name */
function color(name) {
  const known = colors.get(name);
  if (known !== undefined) return known;
  const probe = document.body.appendChild(make("span"));
  probe.style.color = `var(${name})`;
  const found = getComputedStyle(probe).color;
  probe.remove();
  colors.set(name, found);
  return found;
}

/** @param {string} name @param {number} alpha */
function fade(name, alpha) {
  return color(name).replace(/^rgb\((.*)\)$/, (_, channels) => `rgb(${channels} / ${alpha})`)
    .replaceAll(",", "");
}

matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => colors.clear());

/** Counts over many magnitudes, and 0. @param {number} count */
const squeeze = (count) => Math.log10(1 + count);

/** @param {number} value */
const unsqueeze = (value) => Math.round(10 ** value - 1);

class Plot {
  #id;
  /** @type {import("./uplot.d.ts").UPlot | undefined} */
  #plot;
  #shape = "";
  /** @type {Line[]} */
  #lines = [];
  /** @type {(value: number) => string} */
  #format;
  /** @type {readonly News[]} */
  #news = [];
  /** @type {(number | null | undefined)[][]} */
  #values = [];

  /** @param {string} id @param {(value: number) => string} format */
  constructor(id, format) {
    this.#id = id;
    this.#format = format;
    new ResizeObserver(() => this.#plot?.setSize(this.#size)).observe(byId(id));
  }

  get #size() {
    const { clientWidth, clientHeight } = byId(this.#id);
    return { width: clientWidth, height: clientHeight };
  }

  /**
   * @param {{ lines: Line[], data: (number | null)[][], values: Column[], band: boolean,
   *   range: [number, number], splits: number[], tick: (value: number) => string,
   *   seconds: number, news: readonly News[] }} content
   */
  draw({ lines, data, values, band, range, splits, tick, seconds, news }) {
    this.#lines = lines;
    this.#values = values;
    this.#news = news;
    const shape = JSON.stringify([lines, band]);
    if (shape !== this.#shape) {
      this.#plot?.destroy();
      this.#plot = undefined;
      this.#shape = shape;
    }
    this.#showKeys(undefined);
    const last = data[0]?.at(-1) ?? Date.now() / 1000;
    this.scales = { x: [last - seconds, last], y: range, splits, tick };
    if (this.#plot === undefined) this.#plot = this.#open(data, lines, band);
    else this.#plot.setData(data);
  }

  /** @type {{ x: [number, number], y: [number, number], splits: number[], tick: (value: number) => string }} */
  scales = { x: [0, 1], y: [0, 1], splits: [], tick: String };

  /** @param {(number | null)[][]} data @param {Line[]} lines @param {boolean} band */
  #open(data, lines, band) {
    const font = `12px ${getComputedStyle(document.body).getPropertyValue("--mono")}`;
    const axis = {
      font,
      stroke: () => color("--soft"),
      grid: { stroke: () => color("--line"), width: 1 },
      ticks: { show: false },
    };
    const edge = { stroke: "transparent", points: { show: false } };
    return new globalThis.uPlot(
      {
        ...this.#size,
        padding: [8, 20, 0, 0],
        legend: { show: false },
        cursor: { y: false, points: { show: false }, drag: { x: false, y: false } },
        scales: {
          x: { time: true, range: () => this.scales.x },
          y: { range: () => this.scales.y },
        },
        axes: [
          {
            ...axis,
            grid: { show: false },
            space: 90,
            size: 28,
            values: (_, seconds) => seconds.map((each) => formatTime(each * 1000).slice(0, 5)),
          },
          {
            ...axis,
            size: 66,
            gap: 8,
            splits: () => this.scales.splits,
            values: (_, values) => values.map((value) => this.scales.tick(value)),
          },
        ],
        series: [
          {},
          ...(band ? [edge, edge] : []),
          ...lines.map(({ color: name, dash }) => ({
            stroke: () => color(name),
            width: 2,
            dash,
            points: { show: false },
          })),
        ],
        bands: band ? [{ series: [1, 2], fill: () => fade("--sky", 0.13) }] : [],
        hooks: {
          draw: [(plot) => this.#drawNews(plot)],
          setCursor: [({ cursor }) => this.#showKeys(cursor.idx ?? undefined)],
        },
      },
      data,
      byId(this.#id),
    );
  }

  /** Draws a line where something happened. @param {import("./uplot.d.ts").UPlot} plot */
  #drawNews({ ctx, bbox, valToPos }) {
    const ratio = devicePixelRatio;
    ctx.save();
    ctx.textAlign = "left";
    ctx.font = `${12 * ratio}px ${getComputedStyle(document.body).fontFamily}`;
    let free = Infinity;
    for (const { at, level, text } of this.#news) {
      const seconds = Date.parse(at) / 1000;
      if (level === "ok" || seconds < this.scales.x[0] || seconds > this.scales.x[1]) continue;
      const x = valToPos(seconds, "x", true);
      ctx.fillStyle = ctx.strokeStyle = color(level === "bad" ? "--red" : "--orange");
      ctx.fillRect(x, bbox.top, 2 * ratio, bbox.height);
      const label = `${glyphOf(level)} ${text.length > 40 ? `${text.slice(0, 39)}…` : text}`;
      const width = ctx.measureText(label).width;
      const isLeft = x + width > bbox.left + bbox.width - 10 * ratio;
      const start = isLeft ? x - width - 6 * ratio : x + 8 * ratio;
      // The latest ones come first; a label that would cover another one is left out.
      if (start + width > free || start < bbox.left) continue;
      free = start - 8 * ratio;
      ctx.fillText(label, start, bbox.top + 11 * ratio);
    }
    ctx.restore();
  }

  /** Shows the values at a place, by default the last ones. @param {number | undefined} index */
  #showKeys(index) {
    keepChildren(
      byId(`${this.#id}-keys`),
      this.#lines.map((line, i) => ({ line, value: this.#values[i]?.at(index ?? -1) })),
      () => make("span"),
      (key, { line, value }) => {
        setClass(key, `key ${line.key}`);
        const text = typeof value === "number" ? ` ${this.#format(value)}` : "";
        setText(key, line.name + text);
      },
    );
  }

  /** @param {string} text */
  describe(text) {
    setAttribute(byId(this.#id), "aria-label", text);
  }
}

/** @type {{ rate: Plot, offset: Plot } | undefined} */
let plots;

/** A bound alone has no sign. */
let formatValue = formatSigned;

/**
 * @param {Series} series
 * @param {State} state
 * @param {readonly News[]} news The latest ones first
 */
export function drawPlots(series, state, news) {
  plots ??= {
    rate: new Plot("rate", formatRate),
    offset: new Plot("offset", (value) => formatValue(value)),
  };
  formatValue = (state.upstreams ?? []).length > 0 ? formatSigned : formatSeconds;
  const { seconds, words } = spans[series.span];
  const columnOf = (/** @type {string} */ name) =>
    series.columns.get(name) ?? series.times.map(() => null);
  const common = { seconds, news };

  const lines = rateLines(state);
  const counts = lines.map(({ column }) => columnOf(column));
  const most = Math.max(10, ...counts.flat().map(Number));
  const powers = Array.from({ length: Math.ceil(Math.log10(most)) + 1 }, (_, i) => 10 ** i);
  plots.rate.draw({
    ...common,
    lines,
    data: [
      series.times,
      ...counts.map((column) => column.map((count) => count === null ? null : squeeze(count))),
    ],
    values: counts,
    band: false,
    range: [0, squeeze(powers.at(-1) ?? 10)],
    splits: [0, ...powers].map(squeeze),
    tick: (value) => formatCount(unsqueeze(value)),
  });
  plots.rate.describe(describe("Replies per second", words, counts.slice(0, -1), formatRate));

  const servers = offsetLines(state);
  const hasServers = servers.length > 0;
  const bound = columnOf("bound");
  const shown = hasServers ? servers : [line(0, "bound", "served time")];
  const columns = shown.map(({ column }) => columnOf(column));
  const extent =
    Math.max(1e-6, ...columns.flat().map((each) => Math.abs(each ?? 0)), ...bound.map(Number)) *
    1.15;
  const unit = niceStep(extent / 2);
  plots.offset.draw({
    ...common,
    lines: shown,
    data: [
      series.times,
      ...(hasServers ? [bound, bound.map((each) => each === null ? null : -each)] : []),
      ...columns,
    ],
    values: columns,
    band: hasServers,
    range: [hasServers ? -extent : 0, extent],
    splits: (hasServers ? [-2, -1, 0, 1, 2] : [0, 1, 2]).map((i) => i * unit),
    tick: formatOffset,
  });
  const title = hasServers ? "Offset of the upstream servers" : "Error bound of the served time";
  setText(byId("offset-title"), title);
  setText(byId("offset-note"), hasServers ? "band: error bound of the served time" : "");
  plots.offset.describe(describe(title, words, columns, formatOffset));
}

/** @param {number} i @param {string} column @param {string} name @returns {Line} */
function line(i, column, name) {
  const look = looks[i % looks.length] ?? { color: "--text", dash: [] };
  return { name, column, key: `key${i % looks.length}`, ...look };
}

/** @param {State} state */
function rateLines({ listeners }) {
  const protocols = listeners.flatMap(({ protocol }) =>
    protocol === "auto" ? ["ntp", "asctime"] : [protocol]
  );
  const lines = ["ntp", "asctime", "time", "daytime"]
    .filter((protocol) => protocols.includes(protocol))
    .map((protocol, i) => line(i, `replies_${protocol}`, protocolName(protocol)));
  const refused = { name: "refused", column: "refused", key: "key-refused" };
  return [...lines, { ...refused, color: "--red", dash: [9, 3, 2, 3] }];
}

/** @param {State} state */
function offsetLines({ upstreams = [] }) {
  return nameUpstreams(upstreams).map((name, i) => line(i, `offset:${name}`, shortenName(name)));
}

/** @param {number} seconds */
function formatOffset(seconds) {
  return formatSeconds(seconds).replace(
    /\.?0+(?= )/,
    (zeros) => zeros.startsWith(".") ? "" : zeros,
  );
}

/** The greatest of 1, 2 and 5 times a power of ten that is not above a value. @param {number} value */
function niceStep(value) {
  const power = 10 ** Math.floor(Math.log10(value));
  const step = [5, 2, 1].find((each) => each * power <= value) ?? 1;
  return step * power;
}

/**
 * @param {string} what
 * @param {string} span
 * @param {Column[]} columns
 * @param {(value: number) => string} format
 */
function describe(what, span, columns, format) {
  const values = columns.flat().filter((value) => value !== null);
  if (values.length === 0) return `${what} over ${span}: nothing is known yet`;
  const least = values.reduce((a, b) => Math.min(a, b));
  const most = values.reduce((a, b) => Math.max(a, b));
  return `${what} over ${span}, between ${format(least)} and ${format(most)}`;
}
