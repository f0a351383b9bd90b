/** Six numbers to be read from afar. */
import { byId, childrenOf, keepChildren, make, setClass, setText } from "./dom.js";
import { formatCount, formatRate } from "./format.js";

/** @typedef {import("../shapes.d.ts").State} State */
/** @typedef {import("./series.js").Rates} Rates */

/** @typedef {{ name: string, value: string, small?: string, note: string, isBad?: boolean }} Tile */

/**
 * @param {State} state
 * @param {Rates} rates
 */
export function showTiles(state, rates) {
  keepChildren(
    byId("tiles"),
    tilesOf(state, rates),
    () =>
      make(
        "div",
        "card",
        make("dt"),
        make("dd", "value", make("span"), make("small")),
        make("dd", "note"),
      ),
    (tile, { name, value, small = "", note, isBad }) => {
      setClass(tile, isBad ? "card alarm" : "card");
      const [title, amount, text] = childrenOf(tile);
      setText(title, name);
      const [number, unit] = childrenOf(amount);
      setText(number, value);
      setText(unit, small === "" ? "" : ` ${small}`);
      setText(text, note);
    },
  );
}

/**
 * @param {State} state
 * @param {Rates} rates
 * @returns {Tile[]}
 */
function tilesOf(state, { replies, refused, causes, received, clients }) {
  const status = state.clock.status;
  const share = received > 0 ? Math.min(100, replies / received * 100) : 100;
  const [cause] = [...causes].sort(([, a], [, b]) => b - a);
  return [
    {
      name: "Replies per second",
      value: formatRate(replies),
      note: received > 0
        ? `${share < 100 ? share.toFixed(1) : "100"} % of requests`
        : "no requests",
    },
    {
      name: "Refused per second",
      value: formatRate(refused),
      note: cause === undefined
        ? "none"
        : `${formatRate(cause[1])} ${cause[0].replaceAll(/[-_]/g, " ")}`,
    },
    { name: "Clients", value: formatCount(clients), note: "in the last 5 min" },
    {
      name: "Stratum",
      value: status?.stratum ? String(status.stratum) : "-",
      note: status === undefined ? "" : status.reference_id || "not synchronised",
      isBad: status?.synchronized === false,
    },
    sourceTile(state),
    leapTile(state),
  ];
}

/** @type {Record<string, string>} */
const sources = {
  kernel: "status from the kernel",
  given: "status given by options",
  guess: "status assumed",
  upstreams: "follows upstream servers",
};

/**
 * @param {State} state
 * @returns {Tile}
 */
function sourceTile({ upstreams = [], clock }) {
  if (upstreams.length === 0) {
    const source = clock.status?.source ?? "-";
    return { name: "Time from", value: "machine", note: sources[source] ?? source };
  }
  const usable = upstreams.filter(({ state }) => ["selected", "combined"].includes(state));
  const count = (/** @type {string} */ name) =>
    upstreams.filter(({ state }) => state === name).length;
  const problems = [["falseticker", "falseticker"], ["silent", "silent"]].flatMap((
    [state = "", text],
  ) => count(state) === 0 ? [] : [`✕ ${count(state)} ${text}`]);
  return {
    name: "Upstream servers",
    value: String(usable.length),
    small: `of ${upstreams.length}`,
    note: problems[0] ?? (usable.length === upstreams.length ? "all agree" : "used"),
    isBad: problems.length > 0 || usable.length === 0,
  };
}

/**
 * @param {State} state
 * @returns {Tile}
 */
function leapTile({ clock }) {
  const [planned] = clock.leap_seconds;
  const leap = clock.status?.leap ?? "none";
  const value = planned?.kind ?? (leap === "unsynchronized" ? "-" : leap);
  const note = planned !== undefined
    ? `at the end of ${planned.date}`
    : clock.smear !== null
    ? "smeared"
    : value === "none"
    ? "is announced"
    : "";
  return { name: "Leap second", value, note };
}
