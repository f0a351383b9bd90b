/** What the values of a fault may be, and how they are read. */
import { parseDuration } from "../../text/duration.ts";
import { formatChoices } from "../../text/suggest.ts";
import { parseReferenceId } from "../../text/reference_id.ts";
import { type AccessTable, accessTable } from "../guard/access.ts";

/** One value of a fault. */
export interface Field<Value> {
  /** What is accepted, in words. */
  readonly expected: string;
  /** Whether a text has to be made a number before it is read. */
  readonly isNumber: boolean;
  /** What it is when it is not given. */
  readonly fallback: Value;
  /** Whether it has to be given. */
  readonly isRequired: boolean;
  /** The value; undefined if it is not what was expected. */
  readonly read: (given: unknown) => Value | undefined;
}

/** A field for each value. */
export type Fields<Values> = { readonly [Key in keyof Values]-?: Field<Values[Key]> };

function field<Value>(
  expected: string,
  fallback: Value,
  read: (given: unknown) => Value | undefined,
  isNumber = false,
): Field<Value> {
  return { expected, isNumber, fallback, isRequired: false, read };
}

/** The same, but it has to be given. */
export function required<Value>(of: Field<Value>): Field<Value> {
  return { ...of, isRequired: true };
}

/** A whole number. */
export function whole<Fallback extends number | undefined>(
  least: number,
  most: number,
  fallback: Fallback,
): Field<number | Fallback> {
  const isWhole = (given: unknown): given is number =>
    Number.isInteger(given) && (given as number) >= least && (given as number) <= most;
  const range = most === Infinity ? `${least} or more` : `${least} to ${most}`;
  const expected = `a whole number, ${range}`;
  return field<number | Fallback>(
    expected,
    fallback,
    (given) => isWhole(given) ? given : undefined,
    true,
  );
}

/** A probability. */
export const probability: Field<number> = field(
  "a number from 0 to 1",
  1,
  (given) => typeof given === "number" && given >= 0 && given <= 1 ? given : undefined,
  true,
);

/** A time span in milliseconds. */
export function spanMs<Fallback extends number | undefined>(
  mostMs: number,
  most: string,
  fallback: Fallback,
): Field<number | Fallback> {
  return field<number | Fallback>(
    `a duration up to ${most}, such as 50ms or 1.5s`,
    fallback,
    (given) => {
      const text = given instanceof Temporal.Duration ? given.toString() : given;
      if (typeof text !== "string" && typeof text !== "number") return undefined;
      try {
        const milliseconds = parseDuration(String(text)).total("milliseconds");
        return milliseconds >= 0 && milliseconds <= mostMs ? milliseconds : undefined;
      } catch {
        return undefined;
      }
    },
  );
}

/** One of some words. */
export function oneOf<const Word extends string, Fallback extends Word | undefined>(
  words: readonly Word[],
  fallback: Fallback,
): Field<Word | Fallback> {
  return field<Word | Fallback>(
    formatChoices(words),
    fallback,
    (given) => words.find((word) => word === given),
  );
}

/** A reference id as the number it is on the wire. */
export const referenceId: Field<number> = required(
  field("1 to 4 ASCII characters, or an IPv4 address", 0, (given) => {
    try {
      return typeof given === "string" ? parseReferenceId(given) : undefined;
    } catch {
      return undefined;
    }
  }),
);

/** A kiss code as the number it is on the wire. */
export const kissCode: Field<number> = field(
  "1 to 4 capital letters and digits, such as RATE, DENY or RSTR",
  parseReferenceId("RATE"),
  (given) =>
    typeof given === "string" && /^[A-Z][A-Z0-9]{0,3}$/.test(given)
      ? parseReferenceId(given)
      : undefined,
);

/** Networks. */
export const networks: Field<AccessTable | undefined> = field<AccessTable | undefined>(
  "networks such as 192.0.2.0/24 or 2001:db8::/32",
  undefined,
  (given) => {
    const allow = typeof given === "string" ? [given] : given;
    if (!Array.isArray(allow) || allow.length === 0) return undefined;
    try {
      return accessTable({ allow });
    } catch {
      return undefined;
    }
  },
);
