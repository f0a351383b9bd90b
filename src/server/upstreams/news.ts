/** What the log says of the upstream servers: each change once, nothing per request. */
import type { Discipline } from "../../discipline/discipline.ts";
import { formatSeconds } from "../../text/units.ts";

/** The part of the log that it uses. */
export interface UpstreamLog {
  warning(message: string): void;
  upstream(message: string): void;
}

/** Without a time after this, something is wrong that the user should know. */
const LATE_SECONDS = 15;

export class UpstreamNews {
  readonly #log: UpstreamLog | undefined;
  #reported = "";
  #isLate = false;

  constructor(log: UpstreamLog | undefined) {
    this.#log = log;
  }

  /**
   * Logs what has changed: the state, and the upstream that counts most.
   *
   * @param best The name of that one
   * @param now Seconds since the start
   */
  report(discipline: Discipline, best: string | undefined, now: number): void {
    const { state } = discipline;
    if (state === "unsynchronized" && now > LATE_SECONDS && !this.#isLate) {
      const problem = best === undefined
        ? problemOf(discipline)
        : "The upstream servers are beyond --max-distance";
      this.#log?.warning(`${problem}: not synchronised yet`);
    }
    this.#isLate ||= now > LATE_SECONDS;
    // The next look at the time finds that none is left.
    if (state === "synchronized" && best === undefined) return;
    const news = state === "synchronized" ? `${state} ${best}` : state;
    if (news === this.#reported) return;
    const isFirst = this.#reported === "";
    this.#reported = news;
    if (state === "synchronized") {
      const distance = formatSeconds(discipline.distance(now));
      this.#log?.upstream(`Synchronised to ${best} within ${distance}`);
    } else if (state === "holdover") {
      this.#log?.upstream(
        `${problemOf(discipline)}: the time goes on, its error bound grows`,
      );
    } else if (!isFirst) {
      this.#log?.upstream("Not synchronised");
    }
  }
}

/** Why there is no time to follow. */
function problemOf({ upstreams }: Discipline): string {
  if (upstreams.every(({ isRefused }) => isRefused)) return "No upstream server serves this one";
  if (upstreams.every(({ isReachable }) => !isReachable)) return "No upstream server answers";
  if (upstreams.every(({ isUsable }) => !isUsable)) return "No upstream server has the time";
  return "No majority of the upstream servers";
}
