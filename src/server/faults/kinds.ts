/** The kinds of faults: the values of each, and its effect. */
import { putKod } from "../../protocols/ntp/sealer.ts";
import { leap, leapNames } from "../../protocols/ntp/packet.ts";
import { type NtsFlaw, REPLY_CAPACITY } from "../../protocols/responder.ts";
import {
  asTimeSpan,
  attempt,
  type Field,
  field,
  oneOf,
  type Row,
  whole,
} from "../../options/field.ts";
import { parseDurationNs } from "../../text/duration.ts";
import { parseReferenceId } from "../../text/reference_id.ts";
import { corrupt, type Effect, garble, truncate } from "./effect.ts";
import * as ntp from "./ntp.ts";
import type { FaultName, NtsKeFlaw } from "./options.ts";
import type { Random } from "./schedule.ts";

interface KindOf<Values> {
  readonly fields: { readonly [Key in keyof Values]-?: Field<NonNullable<Values[Key]>> };
  /** The value that a text may begin with, without its name; by default the probability. */
  readonly main?: keyof Values & string;
  readonly required?: readonly (keyof Values & string)[];
  readonly isNtp?: boolean;
  /** Whether it is a fault of replies by NTS. */
  readonly isNts?: boolean;
  /** Whether a service may take the reply for a request afterwards. */
  readonly isDamage?: boolean;
  /** Whether the reply leaves without a MAC of its new octets. */
  readonly isUnsealed?: boolean;
  /**
   * Makes the effect of such values.
   *
   * @throws {SyntaxError} If they contradict each other
   */
  readonly effect: (values: Values) => Effect;
}

export type Kind = KindOf<Record<string, unknown>>;

/** The row of a value: command lines name it after its fault. */
export const row = (name: string): Row => ({ name, help: "" });

/** A duration, read as milliseconds. */
export function span(name: string, maxMs: number, max: string): Field<number> {
  const all = field(row(name), `a duration up to ${max}, such as 50ms or 1.5s`, (given) => {
    const written = asTimeSpan(given);
    const ns = written === undefined ? undefined : attempt(() => parseDurationNs(written));
    const ms = Number(ns ?? NaN) / 1e6;
    return ms >= 0 && ms <= maxMs ? ms : undefined;
  });
  return { ...all, isDuration: true };
}

const MAX_DELAY_MS = 3_600_000;
const hour = (name: string): Field<number> => span(name, MAX_DELAY_MS, "1h");
const rootSpan = (name: string): Field<number> => span(name, 65_535_000, "65535s");

/** A reference id or kiss code as the number that it is on the wire. */
function identifier(name: string, expected: string, pattern: RegExp): Field<number> {
  return field(row(name), expected, (given) => {
    if (typeof given !== "string" || !pattern.test(given)) return undefined;
    return attempt(() => parseReferenceId(given));
  });
}

const code = identifier(
  "code",
  "1 to 4 capital letters and digits, such as RATE, DENY or RSTR",
  /^[A-Z][A-Z0-9]{0,3}$/,
);
const referenceId = identifier(
  "value",
  "1 to 4 ASCII characters, or an IPv4 address",
  /^.{1,15}$/s,
);

/** Finite mean, infinite variance: most delays are short, a few are very long. */
const PARETO_SHAPE = 1.5;

/** The deviation of a delay in units of its jitter. */
const deviates = {
  uniform: (random: Random) => 2 * random() - 1,
  // Box-Muller; 1 minus the number, as the logarithm of 0 is undefined.
  normal: (random: Random) =>
    Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random()),
  pareto: (random: Random) => (1 - random()) ** (-1 / PARETO_SHAPE) - 1,
} as const;

type Distribution = keyof typeof deviates;

export function drawDelay(
  delay: {
    readonly timeMs: number;
    readonly jitterMs: number;
    readonly distribution: Distribution;
  },
  random: Random,
): number {
  const { timeMs, jitterMs, distribution } = delay;
  if (jitterMs === 0) return timeMs;
  const delayMs = timeMs + jitterMs * deviates[distribution](random);
  return Math.min(Math.max(delayMs, 0), MAX_DELAY_MS);
}

interface DelayValues {
  readonly time?: number;
  readonly jitter?: number;
  readonly distribution?: Distribution;
  readonly path?: "request" | "reply";
}

function delayEffect({ time = 0, jitter = 0, distribution, path }: DelayValues): Effect {
  if (distribution !== undefined && jitter === 0) {
    throw new SyntaxError(`jitter is missing, which ${distribution} needs`);
  }
  const delay = { timeMs: time, jitterMs: jitter, distribution: distribution ?? "uniform" };
  if (path === "request") return { requestDelayMs: (random) => drawDelay(delay, random) };
  return { apply: (draft, random) => draft.delayMs += drawDelay(delay, random) };
}

function kind<Values>(of: KindOf<Values>): Kind {
  return of as unknown as Kind;
}

/** A wrong value in one field of NTP. */
function falsify<Value>(
  value: Field<Value>,
  usual: NoInfer<Value>,
  put: (reply: Uint8Array, value: Value) => void,
  required: readonly "value"[] = [],
): Kind {
  return kind<{ value?: Value }>({
    fields: { value: value as Field<NonNullable<Value>> },
    main: "value",
    required,
    isNtp: true,
    effect: ({ value = usual }) => ({ apply: ({ reply }) => put(reply, value) }),
  });
}

/** A fault without values. */
function plain(apply: Effect["apply"], isNtp = false): Kind {
  return kind<object>({ fields: {}, isNtp, effect: () => ({ apply }) as Effect });
}

/** All kinds, in the order in which they apply to a reply. */
export const kinds: Readonly<Record<FaultName, Kind>> = {
  unsynchronized: plain(({ reply }) => ntp.setUnsynchronized(reply), true),
  kiss: kind<{ code?: number }>({
    fields: { code },
    main: "code",
    isNtp: true,
    effect: ({ code = parseReferenceId("RATE") }) => ({
      apply(draft): void {
        putKod(draft.request, draft.reply, code);
        draft.isKiss = true;
      },
    }),
  }),
  stratum: falsify(whole(0, 255, row("value")), 16, ntp.setStratum),
  leapbits: falsify(
    oneOf(leapNames, row("value")),
    "unsynchronized",
    (reply, to) => ntp.setLeap(reply, leap[to]),
  ),
  refid: falsify(referenceId, 0, ntp.setReferenceId, ["value"]),
  distance: kind<{ dispersion?: number; delay?: number }>({
    fields: { dispersion: rootSpan("dispersion"), delay: rootSpan("delay") },
    main: "dispersion",
    isNtp: true,
    effect({ dispersion, delay }): Effect {
      if (dispersion === undefined && delay === undefined) {
        throw new SyntaxError("dispersion and delay are missing, expected one of them at least");
      }
      const seconds = (ms: number | undefined): number | undefined => ms && ms / 1000;
      return { apply: ({ reply }) => ntp.setRoot(reply, seconds(delay), seconds(dispersion)) };
    },
  }),
  timestamps: kind<{
    value?: (typeof ntp.timestampFaults)[number];
    field?: (typeof ntp.timestampFields)[number];
  }>({
    fields: {
      value: oneOf(ntp.timestampFaults, row("value")),
      field: oneOf(ntp.timestampFields, row("field")),
    },
    main: "value",
    isNtp: true,
    effect: ({ value = "zero", field = "transmit" }) => ({
      apply: ({ reply }, random) => ntp.setTimestamps(reply, field, value, random),
    }),
  }),
  origin: plain(({ reply }, random) => ntp.setRandomOrigin(reply, random), true),
  version: { ...falsify(whole(0, 7, row("value")), 7, ntp.setVersion), isDamage: true },
  mode: { ...falsify(whole(0, 7, row("value")), 3, ntp.setMode), isDamage: true },
  nts: kind<{ value?: NtsFlaw }>({
    fields: {
      value: oneOf(["nak", "bad-tag", "other-id", "no-cookies", "unsealed"], row("value")),
    },
    main: "value",
    isNts: true,
    effect: ({ value = "nak" }) => ({
      apply(draft): void {
        draft.flaw = value;
        if (value === "nak") draft.isKiss = true;
      },
    }),
  }),
  "nts-ke": kind<{ value?: NtsKeFlaw }>({
    fields: { value: oneOf(["refuse", "stall", "no-cookies", "expired"], row("value")) },
    main: "value",
    effect: ({ value = "refuse" }) => ({ keyExchange: value }),
  }),
  replay: {
    ...plain((draft) => {
      if (draft.earlier === undefined) return;
      draft.reply.set(draft.earlier);
      draft.length = draft.earlier.length;
      draft.isKiss = false;
    }),
    isUnsealed: true,
  },
  garbage: kind<{ length?: number }>({
    fields: { length: whole(1, REPLY_CAPACITY, row("length")) },
    isDamage: true,
    isUnsealed: true,
    effect: ({ length }) => ({
      apply(draft, random): void {
        draft.length = length ?? draft.length;
        garble(draft, random);
        draft.isKiss = false;
      },
    }),
  }),
  corrupt: kind<{ bits?: number }>({
    fields: { bits: whole(1, REPLY_CAPACITY * 8, row("bits")) },
    isDamage: true,
    isUnsealed: true,
    effect: ({ bits = 1 }) => ({ apply: (draft, random) => corrupt(draft, bits, random) }),
  }),
  truncate: kind<{ length?: number }>({
    fields: { length: whole(1, REPLY_CAPACITY, row("length")) },
    isDamage: true,
    isUnsealed: true,
    effect: ({ length }) => ({ apply: (draft, random) => truncate(draft, length, random) }),
  }),
  drop: plain((draft) => draft.isDropped = true),
  delay: kind<DelayValues>({
    fields: {
      time: hour("time"),
      jitter: hour("jitter"),
      distribution: oneOf(Object.keys(deviates) as Distribution[], row("distribution")),
      path: oneOf(["request", "reply"], row("path")),
    },
    main: "time",
    required: ["time"],
    effect: delayEffect,
  }),
  reorder: kind<{ time?: number }>({
    fields: { time: hour("time") },
    effect: ({ time = 1000 }) => ({ apply: (draft) => draft.holdMs = time }),
  }),
  duplicate: kind<{ copies?: number }>({
    fields: { copies: whole(1, 16, row("copies")) },
    effect: ({ copies = 1 }) => ({ apply: (draft) => draft.copies += copies }),
  }),
  port: plain((draft) => draft.isFromOtherPort = true),
};
