/** The head of the page: server, connection, warnings, and the title of the tab. */
import { byId, childrenOf, keepChildren, make, setClass, setText } from "./dom.js";
import { formatSeconds, formatTime, formatUptime } from "./format.js";

/** @typedef {import("../shapes.d.ts").State} State */
/** @typedef {import("../shapes.d.ts").Warning} Warning */

/** What a warning is called, loudly. @type {Record<string, string>} */
const titles = {
  upstream_lost: "UPSTREAM SERVER LOST",
  all_upstreams_lost: "ALL UPSTREAM SERVERS LOST",
  falseticker: "FALSETICKER",
  unsynchronized: "NOT SYNCHRONISED",
  simulated: "NOT THE TRUE TIME",
  leap_second: "LEAP SECOND",
  listener_simulated: "One listener",
  faults: "FAULTS",
  nts_certificate: "CERTIFICATE",
};

/** @type {State | undefined} */
let state;

/** When the state arrived, by `performance.now()`. */
let received = 0;

/** @param {State} next */
export function showServer(next) {
  [state, received] = [next, performance.now()];
  setText(byId("host"), `on ${location.host}`);
  showUptime();
}

export function showUptime() {
  if (state === undefined) return;
  const uptime = state.uptime ?? (Date.now() - Date.parse(state.started)) / 1000;
  const now = uptime + (performance.now() - received) / 1000;
  setText(byId("version"), `${state.version}, up ${formatUptime(now)}`);
}

/**
 * Shows whether the page is live.
 *
 * @param {{ isLive: boolean, silent: number, retry: number, wasLive: boolean }} connection In seconds
 */
export function showConnection({ isLive, silent, retry, wasLive }) {
  const isStale = wasLive && !isLive;
  const live = byId("live");
  setText(live, isLive ? "● live" : isStale ? "✕ lost" : "○ connecting");
  setClass(live, isLive ? "live good" : isStale ? "live red" : "live");
  document.body.classList.toggle("stale", isStale);
  showWarnings(isStale ? { silent, retry } : undefined);
}

/** @param {{ silent: number, retry: number } | undefined} lost */
function showWarnings(lost) {
  /** @type {Warning[]} */
  const warnings = lost === undefined ? state?.warnings ?? [] : [{
    level: "bad",
    kind: "connection",
    text: `for ${formatSeconds(Math.round(lost.silent))}: everything below is out of date. ` +
      (lost.retry > 0 ? `Next attempt in ${Math.ceil(lost.retry)} s.` : "Connecting."),
  }];
  keepChildren(
    byId("warnings"),
    warnings,
    () => make("p", "", make("b"), make("span"), make("i")),
    (line, { level, kind, text }) => {
      setClass(line, level);
      const [title, first, rest] = childrenOf(line);
      const name = kind === "connection"
        ? "NO CONNECTION TO THE SERVER"
        : titles[kind] ?? kind.replaceAll("_", " ").toUpperCase();
      setText(title, `${glyphOf(level)} ${name}`);
      const [, sentence = text, more = ""] = /^(.*?[.:](?= [A-Z0-9]))(.*)$/s.exec(text) ?? [];
      setText(first, sentence.trim());
      setText(rest, more.trim());
    },
  );
}

/** @param {string} level */
export function glyphOf(level) {
  return level === "bad" ? "✕" : level === "ok" ? "✓" : "▲";
}

/**
 * @param {number} ms The served time
 * @param {boolean} isStale
 */
export function showTitle(ms, isStale) {
  const worst = isStale ? "bad" : state?.warnings?.[0]?.level;
  const glyph = worst === undefined ? "" : `${glyphOf(worst)} `;
  const title = `${glyph}${Number.isFinite(ms) ? `${formatTime(ms)} ` : ""}timesrv`;
  if (document.title !== title) document.title = title;
}
