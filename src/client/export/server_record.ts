/** The record of an exported server: counters, and the figures of its latest exchanges. */
import type { Endpoint } from "../../protocols/endpoint.ts";
import { queryFailures } from "../../protocols/failure.ts";
import type { TimeReply } from "../../protocols/registry.ts";
import type { NtpReply } from "../../protocols/reply.ts";
import { fromSeconds, toSeconds } from "../../text/duration.ts";
import { type Estimate, estimate, type TimedReply } from "../estimate.ts";
import { type Measured, unsentFailures } from "../query.ts";
import type { WatchEvent } from "../watch.ts";

/** The codes of a kiss-o'-death that are counted apart (RFC 5905 §7.4). */
export const kodCodes = ["RATE", "DENY", "RSTR", "other"] as const;

/** The exchanges of which the least delay counts: the register of RFC 5905 §10. */
const MAX_REGISTER = 8;

/** The exchanges of which the frequency error is: a longer time has a tighter bound. */
const MAX_REPLIES = 64;

/** After this many exchanges in a row without a reply, the last reply counts no more. */
const MIN_SILENCES = 3;

/** A server as metrics show it; what is not known is undefined. */
export interface ServerFigures {
  readonly url: string;
  readonly protocol: Endpoint["protocol"];
  readonly isUp: boolean;
  /** Seconds since 1970; 0 if there was none. */
  readonly lastReply: number;
  /** The latest exchanges with an offset, in one. */
  readonly estimate: Estimate | undefined;
  /** In seconds per second. */
  readonly frequencyError: number | undefined;
  /** The least round trip, in seconds. */
  readonly delay: number | undefined;
  /** The last reply, usable or not, unless the server has fallen silent. */
  readonly reply: TimeReply | undefined;
  readonly requests: number;
  readonly steps: number;
  readonly failures: ReadonlyMap<string, number>;
  readonly kods: ReadonlyMap<string, number>;
}

interface Kept {
  readonly reply: TimeReply;
  readonly sentMs: number;
  readonly at: Temporal.Instant;
}

export class ServerRecord {
  readonly endpoint: Endpoint;
  readonly #url: string;
  /** Why the last exchange failed. */
  error: Measured<TimeReply>["error"];
  /** Whether any exchange gave a usable time. */
  get hasReplied(): boolean {
    return this.#lastReply > 0;
  }
  #isUp = false;
  #lastReply = 0;
  #requests = 0;
  #steps = 0;
  #silences = 0;
  #reply: TimeReply | undefined;
  /** The latest usable replies. */
  #kept: readonly Kept[] = [];
  #frequency: Estimate["frequency"];
  /** The replies that the frequency is of. */
  #ratedOf: readonly Kept[] = [];
  readonly #failures = new Map<string, number>(queryFailures.map((reason) => [reason, 0]));
  readonly #kods = new Map<string, number>(kodCodes.map((code) => [code, 0]));

  constructor(endpoint: Endpoint, url: string) {
    this.endpoint = endpoint;
    this.#url = url;
  }

  /** @param endedMs When the exchange of the event ended, on a clock that is never set */
  add(event: WatchEvent, endedMs: number): void {
    switch (event.type) {
      case "exchange": {
        const sentMs = endedMs - event.sentAt.until(event.at).total("milliseconds");
        return this.addExchange(event, sentMs, event.at);
      }
      case "step":
        if (event.clock === "server") this.#steps++;
        this.#kept = this.#kept.filter(({ at }) => Temporal.Instant.compare(at, event.since) >= 0);
        return;
      case "gone":
        this.#kept = [];
        return;
      case "kiss":
        if (event.interval === undefined) this.#forget();
    }
  }

  /** @param sentMs On a clock that is never set */
  addExchange(
    { reply, error }: Measured<TimeReply>,
    sentMs: number,
    at: Temporal.Instant,
  ): void {
    this.error = error;
    this.#isUp = error === undefined;
    if (!error || !unsentFailures.includes(error.reason)) this.#requests++;
    if (error) increment(this.#failures, error.reason);
    const isKod = error?.reason === "kiss_o_death";
    if (isKod && reply?.protocol === "ntp") {
      const code = kodCodes.find((code) => code === reply.referenceId) ?? "other";
      increment(this.#kods, code);
    }
    this.#silences = reply ? 0 : this.#silences + 1;
    if (reply && !isKod) this.#reply = reply;
    if (this.#silences >= MIN_SILENCES) this.#reply = undefined;
    if (!reply || error) return;
    this.#lastReply = at.epochMilliseconds / 1000;
    this.#kept = [...this.#kept.slice(1 - MAX_REPLIES), { reply, sentMs, at }];
  }

  /** A server that wants no more requests is not known any longer. */
  #forget(): void {
    this.#kept = [];
    this.#reply = undefined;
  }

  /** @param nowMs On the clock of the exchanges */
  look(nowMs: number): ServerFigures {
    const latest = this.#kept.slice(-MAX_REGISTER);
    const register = estimate(timedReplies(latest), fromSeconds(nowMs / 1000));
    const roundTrips = latest.map(({ reply }) => toSeconds(reply.roundTrip));
    // It needs all pairs of replies, and changes with them alone.
    if (this.#ratedOf !== this.#kept) {
      this.#frequency = estimate(timedReplies(this.#kept), new Temporal.Duration())?.frequency;
      this.#ratedOf = this.#kept;
    }
    return {
      url: this.#url,
      protocol: this.endpoint.protocol,
      isUp: this.#isUp,
      lastReply: this.#lastReply,
      estimate: register,
      frequencyError: this.#frequency && this.#frequency.ppm / 1e6,
      delay: register
        ? toSeconds(register.minDelay)
        : roundTrips.length > 0
        ? Math.min(...roundTrips)
        : undefined,
      reply: this.#reply,
      requests: this.#requests,
      steps: this.#steps,
      failures: this.#failures,
      kods: this.#kods,
    };
  }
}

function timedReplies(kept: readonly Kept[]): TimedReply[] {
  return kept.flatMap(({ reply, sentMs }): TimedReply[] =>
    "offset" in reply ? [{ reply, startedAfter: fromSeconds(sentMs / 1000) }] : []
  );
}

/** The reply of a server that speaks NTP, whose fields mean something. */
export function ntpReplyOf({ reply }: ServerFigures): NtpReply | undefined {
  return reply?.protocol === "ntp" ? reply : undefined;
}

function increment(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
