/** The lower part of the page: upstream servers, listeners, the key exchange of NTS, clients and events. */
import {
  byId,
  childrenOf,
  keepChildren,
  make,
  makeSvg,
  setAttribute,
  setClass,
  setText,
} from "./dom.js";
import {
  formatAge,
  formatBound,
  formatCount,
  formatInterval,
  formatRate,
  formatSeconds,
  formatSigned,
  formatSpan,
  formatTime,
  nameUpstreams,
  protocolName,
  shortenName,
} from "./format.js";
import { glyphOf } from "./header.js";

/** @typedef {import("../shapes.d.ts").State} State */
/** @typedef {import("../shapes.d.ts").Upstream} Upstream */

/** @typedef {{ text: string, className?: string, whisker?: [offset: number, distance: number, scale: number] }} Cell */
/** @typedef {{ className?: string, cells: Cell[] }} Row */

/** Enough for a screen; /clients has all. */
const MAX_CLIENTS = 8;

/** The events that are listed. */
const MAX_NEWS = 20;

/** The share of requests beyond which a client counts as limited. */
const MIN_LIMITED = 0.01;

/**
 * @param {string} id
 * @param {[head: string, className: string][]} columns
 * @param {Row[]} rows
 */
function showTable(id, columns, rows) {
  const table = /** @type {HTMLTableElement} */ (byId(id));
  const head = table.tHead ?? table.createTHead();
  if (head.rows.length === 0) head.insertRow();
  keepChildren(/** @type {Element} */ (head.rows[0]), columns, () => {
    const cell = make("th");
    cell.scope = "col";
    return cell;
  }, (cell, [text, className]) => {
    setClass(cell, className);
    setText(cell, text);
  });
  const body = table.tBodies[0] ?? table.createTBody();
  keepChildren(body, rows, () => make("tr"), (row, { className = "", cells }) => {
    setClass(row, className);
    keepChildren(row, cells, () => make("td"), (cell, content) => {
      const i = cells.indexOf(content);
      setClass(cell, `${columns[i]?.[1] ?? ""} ${content.className ?? ""}`.trim());
      if (content.whisker === undefined) setText(cell, content.text);
      else showWhisker(cell, content.whisker);
    });
  });
}

/** What a state of an upstream server is for the page. @type {Record<string, [glyph: string, className: string]>} */
const states = {
  selected: ["✓", "good"],
  combined: ["✓", "good"],
  distant: ["▲", "amber"],
  falseticker: ["✕", "red"],
  silent: ["✕", "red"],
  unsynchronized: ["▲", "amber"],
  refused: ["▲", "amber"],
};

/** @param {State} state @param {number} age How old the state is, in seconds */
export function showUpstreams({ upstreams = [] }, age) {
  byId("upstream-part").hidden = upstreams.length === 0;
  if (upstreams.length === 0) return;
  const reach = Math.max(
    1e-6,
    ...upstreams.map(({ offset, distance }) => Math.abs(offset ?? 0) + (distance ?? 0)),
  );
  const power = 10 ** Math.floor(Math.log10(reach));
  const scale = ([1, 2, 5, 10].find((each) => each * power >= reach) ?? 10) * power;
  const names = nameUpstreams(upstreams);
  const limit = formatSeconds(scale).replace(/\.0+(?= )/, "");
  showTable("upstreams", [
    ["Server", "name"],
    ["State", "words"],
    ["Offset ± bound", "n"],
    ["Delay", "n wide xl"],
    ["Stratum", "n wide xl"],
    [`±${limit}`, "wide xl"],
    ["Last 8", "wide"],
  ], upstreams.map((upstream, i) => upstreamRow(names[i] ?? "", upstream, age, scale)));
}

/**
 * @param {string} name
 * @param {Upstream} upstream
 * @param {number} age
 * @param {number} scale
 * @returns {Row}
 */
function upstreamRow(name, upstream, age, scale) {
  const { state, offset, distance, delay, stratum, reach, last_reply } = upstream;
  const [glyph, className] = states[state] ?? ["▲", "amber"];
  const isSilent = state === "silent";
  const ago = isSilent && last_reply !== null ? ` ${formatAge(last_reply + age)}` : "";
  const bits = Array.from({ length: 8 }, (_, i) => (reach >> (7 - i)) & 1 ? "●" : "○").join("");
  const isMeasured = offset !== null && distance !== null && !isSilent;
  return {
    className: className === "red" ? "lost" : className === "amber" ? "odd" : "",
    cells: [
      { text: shortenName(name) },
      { text: `${glyph} ${isSilent ? "SILENT" : state}${ago}`, className },
      { text: isMeasured ? `${formatSigned(offset)} ± ${formatBound(distance)}` : "-" },
      { text: delay === null || isSilent ? "-" : formatSeconds(delay) },
      { text: stratum === null ? "-" : String(stratum) },
      isMeasured ? { text: "", whisker: [offset, distance, scale] } : { text: "" },
      { text: bits, className: reach === 0xff ? "" : isSilent ? "red" : "" },
    ],
  };
}

/** @param {Element} cell @param {[offset: number, distance: number, scale: number]} values */
function showWhisker(cell, values) {
  const key = values.join();
  if (cell.firstElementChild?.getAttribute("data-key") === key) return;
  const [offset, distance, scale] = values;
  const place = (/** @type {number} */ seconds) =>
    80 + Math.max(-1, Math.min(1, seconds / scale)) * 76;
  const [low, high] = [place(offset - distance), place(offset + distance)];
  cell.replaceChildren(makeSvg(
    "svg",
    { class: "whisker", viewBox: "0 0 160 16", "aria-hidden": "true", "data-key": key },
    makeSvg("path", { class: "axis", d: "M80,0v16" }),
    makeSvg("path", { class: "bar", d: `M${low},4v8m0-4H${high}m0-4v8` }),
    makeSvg("circle", { class: "dot", cx: place(offset), cy: 8, r: 4 }),
  ));
}

/** @param {State} state @param {import("./series.js").Rates} rates */
export function showListeners({ listeners, clock }, rates) {
  showTable(
    "listeners",
    [
      ["Listener", "name"],
      ["Clock", "words"],
      ["Replies/s", "n"],
      ["Refused/s", "n wide"],
      ["Faults", "words"],
    ],
    listeners.map((listener, i) => {
      const simulated = (listener.clock ?? clock).simulated ?? [];
      const faults = describeFaults(listener.faults);
      const [replies, refused] = rates.listeners[i] ?? [0, 0];
      return {
        className: simulated.length > 0 || faults !== "none" ? "odd" : "",
        cells: [
          { text: listener.url },
          simulated.length > 0
            ? { text: `▲ ${simulated.join(", ")}`, className: "amber" }
            : { text: "✓ true", className: "good" },
          { text: formatRate(replies) },
          { text: formatRate(refused) },
          faults === "none" ? { text: faults } : { text: `▲ ${faults}`, className: "amber" },
        ],
      };
    }),
  );
}

/** @param {Record<string, unknown> | undefined} faults */
function describeFaults(faults = {}) {
  const texts = Object.entries(faults).map(([name, fault]) => {
    const share = typeof fault === "number"
      ? fault
      : /** @type {{ probability?: unknown } | null} */ (fault)?.probability;
    const label = name.replaceAll("_", " ");
    return typeof share === "number" ? `${label} ${Number((share * 100).toPrecision(3))} %` : label;
  });
  return texts.join(", ") || "none";
}

/** @param {import("../shapes.d.ts").Clients} list */
export function showClients({ clients, now, total }) {
  setText(byId("clients-note"), total > MAX_CLIENTS ? `of ${formatCount(total)}` : "");
  const rows = clients.slice(0, MAX_CLIENTS).map((client) => {
    const { address, protocol, version, interval, requests, limited, denied } = client;
    const seconds = (Date.parse(now) - Date.parse(client.last_seen)) / 1000;
    const verdict = denied > 0
      ? " ▲ denied"
      : limited / requests >= MIN_LIMITED
      ? " ▲ limited"
      : "";
    return {
      cells: [
        { text: address + verdict, className: verdict === "" ? "" : "amber" },
        { text: `${protocolName(protocol)}${version === null ? "" : ` ${version}`}` },
        { text: interval === null ? "-" : formatInterval(interval) },
        { text: formatCount(requests) },
        { text: seconds < 1 ? "now" : formatAge(seconds) },
      ],
    };
  });
  showTable("clients", [
    ["Address", "name"],
    ["Protocol", "wide"],
    ["Every", "n"],
    ["Requests", "n wide xl"],
    ["Last", "n"],
  ], rows.length > 0 ? rows : [{ className: "none", cells: [{ text: "none yet" }] }]);
}

/** What ended an exchange without keys, in words. @type {Record<string, string>} */
const failures = {
  nothing_in_common: "nothing in common",
  bad_request: "bad request",
  failed: "TLS failed",
  timed_out: "timed out",
  denied: "denied",
  rate_limited: "rate limited",
  overload: "too many at once",
};

/** The time before its end when a certificate should have been renewed, in seconds: 14 days. */
const SOON_SECONDS = 14 * 86_400;

/** Shares of failures above which something is wrong, and not with a few clients. */
const MAX_FAILED = 0.5;

/**
 * @param {import("../shapes.d.ts").Nts | undefined} nts
 * @param {ReadonlyMap<string, number>} since The exchanges by outcome since that state
 * @param {number} nowMs The time of the server's machine, in milliseconds since 1970
 */
export function showNts(nts, since, nowMs) {
  byId("nts-part").hidden = nts === undefined;
  if (nts === undefined) return;
  const count = (/** @type {string} */ outcome) =>
    (nts.key_exchanges[outcome] ?? 0) + (since.get(outcome) ?? 0);
  const answered = count("answered");
  const causes = Object.entries(failures)
    .map(([outcome, words]) => ({ words, failed: count(outcome) }))
    .filter(({ failed }) => failed > 0)
    .sort((a, b) => b.failed - a.failed);
  const failed = causes.reduce((sum, cause) => sum + cause.failed, 0);
  const [done, rest, certificate] = childrenOf(byId("nts"));
  setText(done, `${formatCount(answered)} ${answered === 1 ? "client" : "clients"} got keys`);
  const words = causes.map((each) => `${formatCount(each.failed)} ${each.words}`).join(", ");
  const isMany = failed > MAX_FAILED * (answered + failed);
  setText(rest, failed === 0 ? "none failed" : `${isMany ? "▲ " : ""}${words}`);
  setClass(rest, isMany ? "amber" : "");
  const [glyph, className, text] = describeEnd(nts.certificate_end, nowMs);
  setText(certificate, `${glyph} ${text}`);
  setClass(certificate, className);
}

/** @param {string} end @param {number} nowMs @returns {[glyph: string, className: string, text: string]} */
function describeEnd(end, nowMs) {
  const seconds = (Date.parse(end) - nowMs) / 1000;
  const date = end.slice(0, 10);
  if (!(seconds > 0)) return ["✕", "red", `certificate expired on ${date}`];
  const days = Math.floor(seconds / 86_400);
  const left = days >= 2 ? `${formatCount(days)} d` : formatSpan(seconds);
  return seconds < SOON_SECONDS
    ? ["▲", "amber", `certificate ends on ${date}, in ${left}`]
    : ["✓", "good", `certificate valid until ${date}, for ${left}`];
}

/** @param {readonly import("../shapes.d.ts").News[]} news The latest ones first */
export function showNews(news) {
  keepChildren(
    byId("news"),
    news.slice(0, MAX_NEWS),
    () => make("li", "", make("time"), make("span")),
    (item, { at, level, text }) => {
      const [time, words] = childrenOf(item);
      setAttribute(time, "datetime", at);
      setText(time, formatTime(Date.parse(at)));
      const age = (Date.now() - Date.parse(at)) / 1000;
      setAttribute(time, "title", `${at}, ${formatSpan(Math.max(0, age))} ago`);
      setText(words, level === "ok" ? text : `${glyphOf(level)} ${text}`);
    },
  );
}
