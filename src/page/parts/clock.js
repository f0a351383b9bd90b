/** The large clock, and the verdict on it. */
import { byId, make, setClass, setText } from "./dom.js";
import { formatDate, formatSeconds, formatTime, formatZone } from "./format.js";

/** @typedef {import("../shapes.d.ts").State} State */

/** A simulated clock that differs by less shows nobody another time. */
const MIN_SHOWN_OFFSET = 1e-6;

/** The time that is shown, to the tenth: texts are set when it changes. */
let shown = NaN;
let shownDay = "";

/** @param {import("./served_time.js").ServedTime} served */
export function showTime(served) {
  const now = served.now();
  const tenths = Math.floor(now / 100);
  if (!served.isKnown || tenths === shown) return;
  shown = tenths;
  setText(byId("hms"), formatTime(now));
  setText(byId("tenths"), `.${((tenths % 10) + 10) % 10}`);
  const machine = document.getElementById("machine");
  if (machine !== null) {
    const ms = served.machineNow();
    setText(machine, `${formatTime(ms)}.${Math.floor(ms / 100) % 10}`);
  }
  // The date and its zone change with the hour at most.
  const day = `${Math.floor(now / 900_000)} ${formatZone(now)}`;
  if (day === shownDay) return;
  shownDay = day;
  byId("date").replaceChildren(`${formatDate(now)} `, make("span", "", formatZone(now)));
}

/** Makes the next {@linkcode showTime} set all texts, as after a change of the zone. */
export function refreshTime() {
  [shown, shownDay] = [NaN, ""];
}

/**
 * Shows the verdict on the served time, and that on the clock of this screen.
 *
 * @param {State} state
 * @param {number | null | undefined} bound The error bound of the served time now, in seconds
 * @param {import("./served_time.js").ServedTime} served
 * @param {number | undefined} silent How long nothing has come from the server, if that is too long
 */
export function showVerdict(state, bound, served, silent) {
  const isSimulated = (state.clock.simulated ?? []).length > 0;
  setClass(byId("clock"), isSimulated ? "card tape" : "card");
  const { text, className } = verdictOn(state, bound, served);
  const verdict = byId("verdict");
  const screen = byId("screen");
  if (silent !== undefined) {
    setClass(verdict, "");
    setText(verdict, "The clock goes on by this screen alone");
    setText(screen, `${formatSeconds(Math.round(silent))} ago: ${text.replace(/^\S+ /, "")}`);
    return;
  }
  setClass(verdict, className);
  setText(verdict, text);
  if (isSimulated) return showMachine(screen);
  setText(screen, describeScreen(served.screen));
}

/**
 * @param {State} state
 * @param {number | null | undefined} bound
 * @param {import("./served_time.js").ServedTime} served
 */
function verdictOn({ clock }, bound, served) {
  const status = clock.status;
  if ((clock.simulated ?? []).length > 0) {
    const seconds = (served.now() - served.machineNow()) / 1000;
    return { text: `▲ ${describeDifference(seconds, clock.rate)}`, className: "amber" };
  }
  if (status?.synchronized === false) return { text: "✕ Not synchronised", className: "red" };
  const within = bound ?? status?.root_distance;
  const text = within === undefined || within === null
    ? ""
    : `, right to within ${formatSeconds(within)}`;
  return { text: `✓ Synchronised${text}`, className: "good" };
}

/**
 * @param {number} seconds How far the served time is ahead
 * @param {number} rate
 */
function describeDifference(seconds, rate) {
  const isMoved = Math.abs(seconds) >= MIN_SHOWN_OFFSET;
  // From a second on, tenths would change with each look.
  const size = Math.abs(seconds) >= 10 ? Math.round(Math.abs(seconds)) : Math.abs(seconds);
  const place = isMoved ? `${formatSeconds(size)} ${seconds > 0 ? "ahead" : "behind"}` : "";
  const ppm = (rate - 1) * 1e6;
  const pace = rate === 1
    ? ""
    : rate === 0
    ? "stopped"
    : Math.abs(ppm) < 1000
    ? `${Math.abs(ppm).toPrecision(3)} ppm ${ppm > 0 ? "fast" : "slow"}`
    : `at ${Number(rate.toPrecision(4))} times the rate`;
  return [place, pace].filter((text) => text !== "").join(", ") || "Simulated";
}

/** @param {HTMLElement} screen */
function showMachine(screen) {
  if (document.getElementById("machine") !== null) return;
  const time = make("b");
  time.id = "machine";
  screen.replaceChildren("True time ", time, ", by the server's machine");
}

/** @param {{ ahead: number, bound: number } | undefined} screen */
function describeScreen(screen) {
  if (screen === undefined) return "";
  const { ahead, bound } = screen;
  const error = `± ${formatSeconds(bound)}`;
  if (Math.abs(ahead) <= bound) return `The clock of this screen is right, ${error}`;
  const side = ahead > 0 ? "ahead" : "behind";
  return `The clock of this screen is ${formatSeconds(Math.abs(ahead))} ${side}, ${error}`;
}
