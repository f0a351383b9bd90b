import type { NtpPacket } from "./ntp/packet.ts";

/** What every reply has, whatever the protocol. */
export interface ReplyBase {
  /** The URL that was asked, its port given. */
  readonly url: string;
  /**
   * The time for people: as the server wrote it, or in ISO 8601 where it is sent in binary; empty in
   * an NTP reply that has no time.
   */
  readonly text: string;
  /** Who answered: the address that was asked, a name resolved. */
  readonly from: Deno.NetAddr;
  /** When the request left, by this machine's clock. */
  readonly sentAt: Temporal.Instant;
  /** When the reply came: `sentAt` and the round trip. */
  readonly receivedAt: Temporal.Instant;
  /** From the request's departure to the reply's arrival. */
  readonly roundTrip: Temporal.Duration;
  /**
   * Whether it has a time. An NTP reply has none if it is a kiss-o'-death, or if its timestamps are
   * missing or contradict themselves: then `time` and all that is worked out from it mean nothing.
   */
  readonly hasTime: boolean;
  /** What is odd about the reply, a line each; mostly nothing. */
  readonly warnings: readonly string[];
}

/** A time as text: asctime, or Daytime (RFC 867). */
export interface TextReply<Name extends string = "asctime" | "daytime"> extends ReplyBase {
  /** The protocol spoken. */
  readonly protocol: Name;
  /** The text's reading: the server's local time, or UTC if it says so elsewhere. */
  readonly time: Temporal.PlainDateTime;
  /** The offset from UTC, such as `+02:00`, where the text has one that is known. */
  readonly utcOffset?: string;
}

/** A time in whole seconds: the Time protocol (RFC 868). */
export interface SecondsReply extends ReplyBase {
  /** The protocol spoken. */
  readonly protocol: "time";
  /** The second the server named. */
  readonly time: Temporal.Instant;
  /** How far the server is ahead of this machine's clock; negative if it is behind. */
  readonly offset: Temporal.Duration;
  /** How wrong `offset` may be either way if the server is right: 1.01 s and half the round trip. */
  readonly errorBound: Temporal.Duration;
}

/** A leap second announced, or `unsynchronized` (RFC 5905 §7.3). */
export type Leap = "none" | "insert" | "delete" | "unsynchronized";

/**
 * Everything measured in one NTP exchange (RFC 5905). Fit to trust is what `validate()` passes.
 *
 * A kiss-o'-death has no time: its timestamps may be anything, mostly the request's own random bits.
 * Where `hasTime` is false, `time`, `offset`, `delay`, `errorBound` and `rootDistance` mean nothing.
 */
export interface NtpReply extends ReplyBase {
  /** The protocol spoken. */
  readonly protocol: "ntp";
  /** The server's time at `receivedAt`. */
  readonly time: Temporal.Instant;
  /** How far the server is ahead of this machine's clock, θ; negative if it is behind. */
  readonly offset: Temporal.Duration;
  /** Time on the way, there and back, δ. */
  readonly delay: Temporal.Duration;
  /** How wrong `offset` may be either way if the server is right: δ/2 and what both clocks cannot tell. */
  readonly errorBound: Temporal.Duration;
  /** How wrong the server's time may be against its reference, as it says itself, and the way here. */
  readonly rootDistance: Temporal.Duration;
  /** Servers between it and a reference clock, 1 to 15; 0 in a kiss-o'-death or when not synchronised. */
  readonly stratum: number;
  /** What its time comes from, decoded: an address, a name, or a kiss code. */
  readonly referenceId: string;
  /** The leap second it announces, or that it is not synchronised. */
  readonly leap: Leap;
  /** Every field of the reply. */
  readonly packet: NtpPacket;
  /** When the request came to the server, T2, by the server's clock. */
  readonly serverReceivedAt: Temporal.Instant;
  /** When the reply left the server, T3, by the server's clock. */
  readonly serverSentAt: Temporal.Instant;
}
