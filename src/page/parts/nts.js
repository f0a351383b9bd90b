/** The key exchange of NTS: how many clients got keys, why others did not, and when the certificate ends. */
import { byId, childrenOf, setClass, setText } from "./dom.js";
import { formatCount, formatSpan } from "./format.js";

/** @typedef {import("../shapes.d.ts").Nts} Nts */

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
 * @param {Nts | undefined} nts
 * @param {ReadonlyMap<string, number>} since The exchanges by outcome since that state
 * @param {number} nowMs The time of the server's machine, in milliseconds since 1970
 */
export function showNts(nts, since, nowMs) {
  byId("nts-part").hidden = nts === undefined;
  if (nts === undefined) return;
  const count = (/** @type {string} */ outcome) =>
    (nts.key_exchanges[outcome] ?? 0) + (since.get(outcome) ?? 0);
  const answered = count("answered");
  const causes = Object.entries(failures).map((
    [outcome, words],
  ) => /** @type {const} */ ([words, count(outcome)])).filter(([, failed]) => failed > 0).sort((
    [, a],
    [, b],
  ) => b - a);
  const failed = causes.reduce((sum, [, each]) => sum + each, 0);
  const [done, rest, certificate] = childrenOf(byId("nts"));
  setText(done, `${formatCount(answered)} ${answered === 1 ? "client" : "clients"} got keys`);
  const words = causes.map(([cause, each]) => `${formatCount(each)} ${cause}`).join(", ");
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
