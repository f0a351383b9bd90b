/** The rules for NTP clients, each with its source: pure functions of a request and the client's past. */
import type { Finding } from "../../client/control_api.ts";
import { mode, NTP_PORT } from "../../protocols/ntp/packet.ts";
import { difference } from "../../protocols/ntp/timestamp.ts";
import { formatPlural } from "../../text/units.ts";
import type { ClientPast, SeenRequest } from "./client_past.ts";

interface Rule extends Pick<Finding, "level" | "source"> {
  /** Returns what the client did against the rule. */
  readonly check: (request: SeenRequest, past: ClientPast) => string | undefined;
}

/** SNTP's floor of poll intervals; NTP's is 2^4 s, from which clients deviate at random. */
const MIN_POLL_MS = 15_000;

/** A burst is eight requests, two seconds apart (RFC 5905 §13), less the inaccuracy of timers. */
const MAX_BURST = 8;
const MIN_SPACING_MS = 1_900;

/** Intervals that differ by less are equal. */
const GROWTH = 1.01;

/** Requests without a reply until an interval has to grow. */
const MAX_UNANSWERED = 3;
const MAX_BACKOFF_MS = 1_024_000;

/** Random transmit timestamps are this near to a clock by chance once in 600,000. */
const MAX_CLOCK_ERROR = 3600n << 32n;

/** Ports of a counter are a few apart. */
const MAX_PORT_STEP = 16;

/** A precision that discloses nothing: none, or 2^32 s. */
const NEUTRAL_PRECISIONS: readonly number[] = [0, 32];

const DATA_MINIMIZATION = "RFC 8633 §5.1, draft-ietf-ntp-data-minimization-04";

function seconds(ms: number): string {
  const exact = ms / 1000;
  return `${exact < 10 ? Number(exact.toPrecision(2)) : Math.round(exact)} s`;
}

const rules: Readonly<Record<string, Rule>> = {
  after_deny: {
    level: "violation",
    source: "RFC 5905 §7.4",
    check: ({ atMs }, { denied }) =>
      denied && `asked again ${seconds(atMs - denied.atMs)} after a KoD ${denied.code}`,
  },
  after_rate: {
    level: "violation",
    source: "RFC 5905 §7.4, RFC 8633 §5.4",
    check(request, past): string | undefined {
      const { slowed } = past;
      const sinceMs = past.sinceMs(request);
      if (slowed === undefined || sinceMs === undefined) return undefined;
      const { intervalMs = 0 } = slowed;
      if (sinceMs >= Math.max(intervalMs * GROWTH, MIN_POLL_MS)) return undefined;
      const before = intervalMs === 0 ? "" : `; the interval before it was ${seconds(intervalMs)}`;
      return `asked again ${seconds(request.atMs - slowed.atMs)} after a KoD RATE${before}`;
    },
  },
  burst: {
    level: "violation",
    source: "RFC 5905 §13",
    check(request, past): string | undefined {
      const { length, startMs } = past.runWith(request);
      if (length <= MAX_BURST || (past.sinceMs(request) ?? 0) >= MIN_SPACING_MS) return undefined;
      const span = seconds(request.atMs - startMs);
      return `sent ${length} requests within ${span}: a burst is 8 at most, 2 s apart`;
    },
  },
  fast_poll: {
    level: "violation",
    source: "RFC 4330 §10, RFC 5905 §7.2",
    check(request, past): string | undefined {
      const sinceMs = past.sinceMs(request);
      if (sinceMs === undefined || sinceMs >= MIN_POLL_MS) return undefined;
      const isBurst = past.runWith(request).length <= MAX_BURST;
      if (isBurst === sinceMs >= MIN_SPACING_MS) return undefined;
      return `asked again after ${seconds(sinceMs)}: poll intervals are 2^4 s (16 s) or more`;
    },
  },
  in_burst: {
    level: "advice",
    source: "RFC 4330 §10, RFC 5905 §13",
    check(request, past): string | undefined {
      const sinceMs = past.sinceMs(request);
      if (sinceMs === undefined || sinceMs >= MIN_POLL_MS || sinceMs < MIN_SPACING_MS) {
        return undefined;
      }
      const { length } = past.runWith(request);
      if (length > MAX_BURST) return undefined;
      return `asked again after ${seconds(sinceMs)}: request ${length} of a burst, of 8 at most`;
    },
  },
  no_backoff: {
    level: "advice",
    source: "RFC 4330 §10",
    check(request, { unanswered, intervalMs, atMs }): string | undefined {
      const sinceMs = request.atMs - atMs;
      if (unanswered < MAX_UNANSWERED || intervalMs === undefined) return undefined;
      if (sinceMs >= MAX_BACKOFF_MS || sinceMs > intervalMs * GROWTH) return undefined;
      const lost = formatPlural(unanswered, "request");
      return `its interval has not grown after ${lost} without a reply: ${seconds(sinceMs)}`;
    },
  },
  reused_timestamp: {
    level: "violation",
    source: "RFC 5905 §8",
    check: ({ packet: { transmitTimestamp } }, { transmits }) =>
      transmitTimestamp !== 0n && transmits.includes(transmitTimestamp)
        ? "sent the transmit timestamp of an earlier request: their replies cannot be distinguished"
        : undefined,
  },
  zero_timestamp: {
    level: "advice",
    source: "RFC 4330 §5, RFC 5905 §8",
    check: ({ packet: { transmitTimestamp } }) =>
      transmitTimestamp === 0n
        ? "sent no transmit timestamp: a forged reply cannot be distinguished from the server's"
        : undefined,
  },
  first_origin: {
    level: "advice",
    source: "RFC 5905 §8",
    check: ({ packet: { originTimestamp } }, { requests }) =>
      originTimestamp !== 0n && requests === 0
        ? "its first request has an origin timestamp, as if there had been a reply"
        : undefined,
  },
  reused_origin: {
    level: "advice",
    source: "RFC 5905 §8",
    check: ({ packet: { originTimestamp } }, { requests, origin, isAnswered }) =>
      originTimestamp !== 0n && requests > 0 && isAnswered && originTimestamp === origin
        ? "sent the origin timestamp of its request before, though there was a reply"
        : undefined,
  },
  unknown_origin: {
    level: "advice",
    source: "RFC 5905 §8",
    check: ({ packet: { originTimestamp } }, { requests, origin, replyReceives, replyTransmits }) =>
      originTimestamp !== 0n && requests > 0 && originTimestamp !== origin &&
        ![...replyReceives, ...replyTransmits].includes(originTimestamp)
        ? "its origin timestamp is in none of the latest replies to it"
        : undefined,
  },
  service_port: {
    level: "advice",
    source: "RFC 9109 §4",
    check: ({ port, packet }) =>
      port === NTP_PORT && packet.mode !== mode.symmetricActive
        ? "sent from port 123: a forger does not have to guess it"
        : undefined,
  },
  fixed_port: {
    level: "advice",
    source: "RFC 9109 §4",
    check: ({ port }, { ports }) =>
      port !== NTP_PORT && ports.at(-1) === port
        ? `sent from port ${port} again: a fresh one for each request is harder to guess`
        : undefined,
  },
  predictable_port: {
    level: "advice",
    source: "RFC 9109 §4, RFC 6056 §3.3",
    check({ port }, { ports }): string | undefined {
      const [a, b, c] = ports.slice(-3);
      if (a === undefined || b === undefined || c === undefined) return undefined;
      const step = port - c;
      if (step === 0 || Math.abs(step) > MAX_PORT_STEP) return undefined;
      if (b - a !== step || c - b !== step) return undefined;
      return `sent from ports ${a}, ${b}, ${c} and ${port}: the next one can be guessed`;
    },
  },
  old_version: {
    level: "advice",
    source: "RFC 5905 §7.3",
    check: ({ packet: { version } }) =>
      version < 4 ? `speaks NTP version ${version}; the current one is 4` : undefined,
  },
  symmetric_mode: {
    level: "advice",
    source: "RFC 8633 §5.6",
    check: ({ packet }) =>
      packet.mode === mode.symmetricActive
        ? "sent mode 1 (symmetric active), which is for peers that trust each other"
        : undefined,
  },
  discloses_clock: {
    level: "advice",
    source: DATA_MINIMIZATION,
    check({ packet: { transmitTimestamp }, clocks }): string | undefined {
      const ahead = clocks.map((clock) => difference(transmitTimestamp, clock))
        .find((units) => units > -MAX_CLOCK_ERROR && units < MAX_CLOCK_ERROR);
      if (transmitTimestamp === 0n || ahead === undefined) return undefined;
      return "its transmit timestamp is the time of its clock, which a random one would not show";
    },
  },
  discloses_fields: {
    level: "advice",
    source: DATA_MINIMIZATION,
    check({ packet }, { replyReceives }): string | undefined {
      if (packet.mode === mode.symmetricActive) return undefined;
      // A server recognises it by a receive timestamp (RFC 9769 §2).
      const isInterleaved = replyReceives.includes(packet.originTimestamp);
      const fields = [
        ...packet.leap === 0 ? [] : ["leap"],
        ...packet.stratum === 0 ? [] : ["stratum"],
        ...NEUTRAL_PRECISIONS.includes(packet.precision) ? [] : ["precision"],
        ...packet.rootDelay === 0 ? [] : ["root_delay"],
        ...packet.rootDispersion === 0 ? [] : ["root_dispersion"],
        ...packet.referenceId === 0 ? [] : ["reference_id"],
        ...packet.referenceTimestamp === 0n ? [] : ["reference_timestamp"],
        ...packet.receiveTimestamp === 0n || isInterleaved ? [] : ["receive_timestamp"],
      ];
      return fields.length === 0
        ? undefined
        : `sent values that no server needs: ${fields.join(", ")}`;
    },
  },
};

/** Lists the rules that a request breaks; the request is not yet part of the past. */
export function findingsOf(request: SeenRequest, past: ClientPast): Finding[] {
  return Object.entries(rules).flatMap(([rule, { level, source, check }]) => {
    const text = check(request, past);
    return text === undefined ? [] : [{ rule, level, text, source }];
  });
}

/** The rules, for the documentation. */
export const findingRules: readonly Omit<Finding, "text">[] = Object.entries(rules)
  .map(([rule, { level, source }]) => ({ rule, level, source }));
