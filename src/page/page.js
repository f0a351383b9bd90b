/** The status page: one state, redrawn with each event. */
import { refreshTime, showTime, showVerdict } from "./parts/clock.js";
import { byId, makeButton, setAttribute } from "./parts/dom.js";
import { zone } from "./parts/format.js";
import { showConnection, showServer, showTitle, showUptime } from "./parts/header.js";
import { Live } from "./parts/live.js";
import { drawPlots } from "./parts/plots.js";
import { Series, spans } from "./parts/series.js";
import { ServedTime } from "./parts/served_time.js";
import { showClients, showListeners, showNews, showNts, showUpstreams } from "./parts/tables.js";
import { showTiles } from "./parts/tiles.js";

/** @typedef {import("./shapes.d.ts").State} State */
/** @typedef {import("./shapes.d.ts").News} News */
/** @typedef {import("./parts/series.js").Span} Span */

/** The events that are kept. */
const MAX_NEWS = 50;

const served = new ServedTime();
const series = new Series();

/** @type {State | undefined} */
let state;
let stateAt = 0;

/** @type {import("./shapes.d.ts").Clients | undefined} */
let clients;

/** Key exchanges of NTS by outcome since the state came. @type {Map<string, number>} */
let exchanges = new Map();

/** The error bound of the last second. @type {number | null | undefined} */
let bound;

/** The latest ones first. @type {(News & { id: string })[]} */
let news = [];

/** The span of the history that is on its way. @type {Span | undefined} */
let reading;

/** The time for a history to arrive, in milliseconds. */
const HISTORY_MS = 5000;

const live = new Live({
  open() {
    series.forget();
    void readHistory();
  },
  state(next) {
    // Another version has another page.
    if (state !== undefined && state.version !== next.version) return location.reload();
    if (state !== undefined && state.started !== next.started) news = [];
    [state, stateAt] = [next, performance.now()];
    exchanges = new Map();
    served.readState(next);
    showServer(next);
    showAll();
  },
  tick(tick) {
    served.readTick(tick);
    bound = tick.bound;
    for (const [outcome, count] of Object.entries(tick.key_exchanges ?? {})) {
      exchanges.set(outcome, (exchanges.get(outcome) ?? 0) + count);
    }
    if (series.add(tick)) void readHistory();
    showAll();
  },
  clients(next) {
    clients = next;
    showClients(next);
  },
  news(item, id) {
    if (news.some((known) => known.id === id && known.at === item.at)) return;
    news = [{ ...item, id }, ...news].sort((a, b) => Date.parse(b.at) - Date.parse(a.at))
      .slice(0, MAX_NEWS);
    showNews(news);
  },
});

async function readHistory() {
  const { span } = series;
  // A tick may ask again before a slow server has answered.
  if (reading === span) return;
  reading = span;
  try {
    const signal = AbortSignal.timeout(HISTORY_MS);
    const response = await fetch(`/history?span=${span}`, { signal });
    const history = response.ok ? await response.json() : undefined;
    if (reading !== span || history === undefined) return;
    series.load(history);
    showAll();
  } catch {
    // The stream of events says that the server is gone.
  } finally {
    if (reading === span) reading = undefined;
  }
}

/** Draws what changes with each second. */
function showAll() {
  const { isLive, silent, ...rest } = live.connection;
  showConnection({ isLive, silent, ...rest });
  if (state === undefined || document.hidden) return;
  const { rates } = series;
  showVerdict(state, bound, served, isLive ? undefined : silent);
  showUptime();
  showTiles(state, rates);
  drawPlots(series, state, news);
  showUpstreams(state, (performance.now() - stateAt) / 1000);
  showListeners(state, rates);
  showNts(state.nts, exchanges, Date.parse(state.clock.system) + performance.now() - stateAt);
}

function showFrame() {
  showTime(served);
  showTitle(served.now(), !live.connection.isLive);
  requestAnimationFrame(showFrame);
}

/** The zone that was chosen last. Where a browser stores nothing for this site, each access throws. */
function readZone() {
  try {
    return localStorage.getItem("zone");
  } catch {
    return null;
  }
}

/** @param {string} id */
function storeZone(id) {
  try {
    localStorage.setItem("zone", id);
  } catch {
    // It holds until the page is loaded again.
  }
}

/** @param {boolean} isLocal */
function chooseZone(isLocal) {
  zone.isLocal = isLocal;
  setAttribute(byId("utc"), "aria-pressed", String(!isLocal));
  setAttribute(byId("local"), "aria-pressed", String(isLocal));
  refreshTime();
  showAll();
  showNews(news);
}

/** @param {Span} span */
function chooseSpan(span) {
  series.span = span;
  showSpan();
  void readHistory();
}

function showSpan() {
  [...byId("spans").children].forEach((button, i) =>
    setAttribute(button, "aria-pressed", String(Object.keys(spans)[i] === series.span))
  );
}

for (const [id, isLocal] of /** @type {const} */ ([["utc", false], ["local", true]])) {
  byId(id).addEventListener("click", () => {
    storeZone(id);
    chooseZone(isLocal);
  });
}
for (const span of /** @type {Span[]} */ (Object.keys(spans))) {
  byId("spans").append(makeButton(spans[span].label, () => chooseSpan(span)));
}
showSpan();
chooseZone(readZone() === "local");
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", showAll);
document.addEventListener("visibilitychange", () => {
  showAll();
  if (clients !== undefined) showClients(clients);
});
// Also while nothing comes: the silence grows.
setInterval(() => {
  live.check();
  if (!live.connection.isLive) showAll();
}, 500);
requestAnimationFrame(showFrame);

// A path of the server, which type checks cannot follow.
const timesync = "/timesync.js";
import(timesync).then(({ createClock }) => served.follow(createClock()), () => {});
