/** What an exchange is explained as: data, for a terminal or a program to show. */
import type { NtpMeasurement } from "../protocols/ntp/measurement.ts";
import type { QueryFailure } from "../protocols/failure.ts";

/** The protocols as they are on the wire; `auto` is one or the other of them. */
export type WireProtocol = "asctime" | "daytime" | "time" | "ntp";

/** An exchange as it was seen, here or by somebody else. */
export interface SeenExchange {
  /** The protocol spoken. */
  readonly protocol: WireProtocol;
  /** The octets that were sent. */
  readonly request: Uint8Array;
  /** The octets that came back, if any did. */
  readonly reply?: Uint8Array | undefined;
  /** When both passed the client, or whoever captured them; not known of octets alone. */
  readonly times?: {
    /** When the request left. */
    readonly sentAt: Temporal.Instant;
    /** When the reply came. */
    readonly receivedAt: Temporal.Instant;
  } | undefined;
  /** Whether the reply came from the address and port that were asked; undefined if nobody knows. */
  readonly isFromAsked?: boolean | undefined;
  /**
   * What the client's clock can tell apart, as a power of two of seconds; without it about a
   * microsecond, as captures' timestamps and most machines.
   *
   * @default {-20}
   */
  readonly localPrecision?: number;
  /** A time no more than 68 years from those on the wire: their timestamps do not tell the era. */
  readonly pivot: Temporal.Instant;
}

/** Octets that mean something together, or bits of one. */
export interface WireField {
  /** What the protocol calls it. */
  readonly name: string;
  /** Where it begins, in octets. */
  readonly offset: number;
  /** The octets. */
  readonly octets: Uint8Array;
  /** Which bits of the octet it is, as `..100...`; all without it. */
  readonly bits?: string;
  /** What the value says; one line, safe to print. */
  readonly meaning: string;
}

/** What came of a test: `unknown` where what it takes is not there, or a test before it failed. */
export interface TestVerdict {
  /** What was tested. */
  readonly name: string;
  /** The document and section that ask for it. */
  readonly source: string;
  /** What came of it. */
  readonly result: "passed" | "failed" | "unknown";
  /** What is wrong, or why nothing can be told. */
  readonly detail?: string;
}

/** What one exchange measured: of NTP, all steps; of Time, what a whole second allows. */
export interface Measurement {
  /** T1 and T4 by the client's clock, T2 and T3 by the server's; of Time, T3 alone. */
  readonly times: Readonly<Partial<Record<"t1" | "t2" | "t3" | "t4", Temporal.Instant>>>;
  /** The steps of NTP's arithmetic, if T1 and T4 are known. */
  readonly ntp?: NtpMeasurement;
  /** The server's time less the client's, in nanoseconds. */
  readonly offset?: bigint;
  /** How wrong the offset may be if the server is right, in nanoseconds. */
  readonly errorBound?: bigint;
}

/** An exchange, explained. */
export interface Explanation {
  /** The protocol spoken. */
  readonly protocol: WireProtocol;
  /** The request, field by field, every octet once. */
  readonly request: readonly WireField[];
  /** The reply, the same way; undefined if none came. */
  readonly reply?: readonly WireField[];
  /** What the reply was held against, in order. */
  readonly tests: readonly TestVerdict[];
  /** The reason and words of the first test that failed. */
  readonly failure?: { readonly reason: QueryFailure; readonly message: string };
  /** What it measured; undefined where the reply tells no time. */
  readonly measurement?: Measurement;
}
