import type { SymmetricKeys } from "../crypto/symmetric_keys.ts";
import type { CalculationStep } from "./calculation.ts";
import type { QueryFailure } from "../protocols/failure.ts";
import type { ExchangeTimes, Measurement, NamedTest, WireField } from "../protocols/protocol.ts";
import type { WireProtocol } from "../protocols/registry.ts";

/** An exchange, of this machine or captured. */
export interface SeenExchange {
  /** The protocol spoken. */
  readonly protocol: WireProtocol;
  /** The octets that were sent; undefined if only the reply was captured. */
  readonly request?: Uint8Array | undefined;
  /** The octets of the reply, if there was one. */
  readonly reply?: Uint8Array | undefined;
  /** The times of both at the client or the capturing machine; undefined for octets alone. */
  readonly times?: ExchangeTimes | undefined;
  /** Whether the reply came from the address and port that were queried; undefined if that is unknown. */
  readonly isFromServer?: boolean | undefined;
  /**
   * The precision of the client's clock, as a power of two of seconds.
   *
   * @default {-20}
   */
  readonly localPrecision?: number;
  /** The symmetric keys to verify its MACs with. */
  readonly keys?: SymmetricKeys | undefined;
  /** NTS, if the request was sealed: the answer of the key exchange, and the problem of the reply, if it has one. */
  readonly nts?: {
    readonly answer?: Uint8Array | undefined;
    readonly problem?: string;
  } | undefined;
  /** A time no more than 68 years from those in the datagrams, whose timestamps have no era. */
  readonly pivot: Temporal.Instant;
}

/** The result of a test: `unknown` where it lacks something, or a test before it failed. */
export interface TestVerdict extends NamedTest {
  /** The result. */
  readonly result: "passed" | "failed" | "unknown";
  /** What is wrong, or why the test was left out. */
  readonly detail?: string;
}

/** An exchange, explained. */
export interface Explanation {
  /** The protocol spoken. */
  readonly protocol: WireProtocol;
  /** The kind of exchange, if it is not the usual one of a client and a server. */
  readonly variant?: string;
  /** The key exchange of NTS before it, record by record, if there was one. */
  readonly keyExchange?: {
    readonly request: readonly WireField[];
    readonly answer: readonly WireField[];
  };
  /** The request, field by field, every octet once; undefined if it is not known. */
  readonly request?: readonly WireField[];
  /** The reply, the same way; undefined if none came. */
  readonly reply?: readonly WireField[];
  /** The tests of the reply, in order. */
  readonly tests: readonly TestVerdict[];
  /** The reason and words of the first test that failed. */
  readonly failure?: { readonly reason: QueryFailure; readonly message: string };
  /** The measurement; undefined where the reply has no time. */
  readonly measurement?: Measurement;
  /** The formulas of the measurement, if it has an offset. */
  readonly calculation?: readonly CalculationStep[];
}
