/** Every fault there is: its values, and what it does. */
import { putKiss } from "../../protocols/ntp/kiss.ts";
import { leap } from "../../protocols/ntp/packet.ts";
import { REPLY_CAPACITY } from "../../protocols/responder.ts";
import { type Delay, distributions, drawDelay, LONGEST_DELAY_MS } from "./delay.ts";
import type { Effect } from "./draft.ts";
import {
  type Field,
  type Fields,
  kissCode,
  oneOf,
  referenceId,
  required,
  spanMs,
  whole,
} from "./fields.ts";
import * as ntp from "./ntp.ts";
import { corrupt, randomize, truncate } from "./octets.ts";
import type { FaultName } from "./options.ts";

/** A kind of fault. */
interface KindOf<Values> {
  /** Its values, by name. */
  readonly fields: Fields<Values>;
  /** The value that a text may begin with, without its name; the probability if there is none. */
  readonly main?: keyof Values & string;
  /** Whether it befalls NTP replies alone. */
  readonly isNtp?: boolean;
  /**
   * What it does with such values.
   *
   * @throws {SyntaxError} If they do not go together
   */
  readonly effect: (values: Values) => Effect;
}

/** A kind of fault, whatever its values: they come out of its own fields. */
export type Kind = KindOf<Record<string, unknown>>;

interface DelayValues {
  time: number;
  jitter: number;
  distribution: Delay["distribution"] | undefined;
  path: "request" | "reply";
}

function delayEffect({ time, jitter, distribution, path }: DelayValues): Effect {
  if (distribution !== undefined && jitter === 0) {
    throw new SyntaxError(`jitter is missing, by how much it varies (${distribution})`);
  }
  const delay = { timeMs: time, jitterMs: jitter, distribution: distribution ?? "uniform" };
  if (path === "request") return { requestDelayMs: (random) => drawDelay(delay, random) };
  return { apply: (draft, random) => draft.delayMs += drawDelay(delay, random) };
}

const LONGEST_ROOT_MS = 65_535_000;
const hour = (fallbackMs: number): Field<number> => spanMs(LONGEST_DELAY_MS, "1h", fallbackMs);
const root = spanMs(LONGEST_ROOT_MS, "65535s", undefined);

function kind<Values>(of: KindOf<Values>): Kind {
  return of as unknown as Kind;
}

/** A lie about one field of NTP, which is its only value. */
function lie<Value>(
  value: Fields<{ value: Value }>["value"],
  tell: (reply: Uint8Array, value: Value) => void,
): Kind {
  return kind<{ value: Value }>({
    fields: { value },
    main: "value",
    isNtp: true,
    effect: ({ value }) => ({ apply: ({ reply }) => tell(reply, value) }),
  });
}

/** A fault without values. */
function plain(apply: Effect["apply"], isNtp = false): Kind {
  return kind<object>({ fields: {}, isNtp, effect: () => ({ apply }) as Effect });
}

/** All kinds, in the order in which they befall an answer. */
export const kinds: Readonly<Record<FaultName, Kind>> = {
  unsynchronized: plain(({ reply }) => ntp.setUnsynchronized(reply), true),
  kiss: kind<{ code: number }>({
    fields: { code: kissCode },
    main: "code",
    isNtp: true,
    effect: ({ code }) => ({
      apply(draft): void {
        putKiss(draft.request, draft.reply, code);
        draft.isKiss = true;
      },
    }),
  }),
  stratum: lie(whole(0, 255, 16), ntp.setStratum),
  leapbits: lie(
    oneOf(["none", "insert", "delete", "unsynchronized"], "unsynchronized"),
    (reply, to) => ntp.setLeap(reply, leap[to]),
  ),
  refid: lie(referenceId, ntp.setReferenceId),
  distance: kind<{ dispersion: number | undefined; delay: number | undefined }>({
    fields: { dispersion: root, delay: root },
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
    value: (typeof ntp.timestampLies)[number];
    field: (typeof ntp.timestampFields)[number];
  }>({
    fields: {
      value: oneOf(ntp.timestampLies, "zero"),
      field: oneOf(ntp.timestampFields, "transmit"),
    },
    main: "value",
    isNtp: true,
    effect: ({ value, field }) => ({
      apply: ({ reply }, random) => ntp.setTimestamps(reply, field, value, random),
    }),
  }),
  origin: plain(({ reply }, random) => ntp.setRandomOrigin(reply, random), true),
  version: lie(whole(0, 7, 7), ntp.setVersion),
  mode: lie(whole(0, 7, 3), ntp.setMode),
  replay: plain((draft) => {
    if (draft.earlier === undefined) return;
    draft.reply.set(draft.earlier);
    draft.length = draft.earlier.length;
    draft.isKiss = false;
  }),
  garbage: kind<{ length: number | undefined }>({
    fields: { length: whole(1, REPLY_CAPACITY, undefined) },
    effect: ({ length }) => ({
      apply(draft, random): void {
        draft.length = length ?? draft.length;
        randomize(draft.reply, 0, draft.length, random);
        draft.isKiss = false;
      },
    }),
  }),
  corrupt: kind<{ bits: number }>({
    fields: { bits: whole(1, REPLY_CAPACITY * 8, 1) },
    effect: ({ bits }) => ({ apply: (draft, random) => corrupt(draft, bits, random) }),
  }),
  truncate: kind<{ length: number | undefined }>({
    fields: { length: whole(1, REPLY_CAPACITY, undefined) },
    effect: ({ length }) => ({ apply: (draft, random) => truncate(draft, length, random) }),
  }),
  drop: plain((draft) => draft.isDropped = true),
  delay: kind<DelayValues>({
    fields: {
      time: required(hour(0)),
      jitter: hour(0),
      distribution: oneOf(distributions, undefined),
      path: oneOf(["request", "reply"], "reply"),
    },
    main: "time",
    effect: delayEffect,
  }),
  reorder: kind<{ time: number }>({
    fields: { time: hour(1000) },
    effect: ({ time }) => ({ apply: (draft) => draft.holdMs = time }),
  }),
  duplicate: kind<{ copies: number }>({
    fields: { copies: whole(1, 16, 1) },
    effect: ({ copies }) => ({ apply: (draft) => draft.copies += copies }),
  }),
  port: plain((draft) => draft.isFromOtherPort = true),
};
