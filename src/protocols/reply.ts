import type { NetAddress } from "../system/address.ts";
import type { NtpPacket } from "./ntp/packet.ts";

/** What the replies of all protocols have. */
export interface ReplyBase {
  /** The URL that was queried, its port given. */
  readonly url: string;
  /** The time as the server wrote it, or in ISO 8601 where it is sent in binary; empty if there is none. */
  readonly text: string;
  /** The address that replied. */
  readonly from: NetAddress;
  /** When the request left, by this machine's clock. */
  readonly sentAt: Temporal.Instant;
  /** When the reply came: `sentAt` plus the round trip, even if the clock was set meanwhile. */
  readonly receivedAt: Temporal.Instant;
  /** From the request's departure to the reply's arrival. */
  readonly roundTrip: Temporal.Duration;
  /**
   * Whether it has a time. An NTP reply has none if it is a kiss-o'-death, or if its timestamps are
   * missing or contradict each other: then `time` and what is computed from it mean nothing.
   */
  readonly hasTime: boolean;
  /** Oddities of the reply, one line each; usually none. */
  readonly warnings: readonly string[];
}

/** A time as text: asctime, or Daytime (RFC 867). */
export interface TextReply extends ReplyBase {
  /** The protocol spoken. */
  readonly protocol: "asctime" | "daytime";
  /** The date and time in the text, in a zone of the server's choice. */
  readonly time: Temporal.PlainDateTime;
  /** The offset from UTC, such as `+02:00`, where the text has a known one. */
  readonly utcOffset?: string;
}

/** A time in whole seconds: the Time protocol (RFC 868). */
export interface SecondsReply extends ReplyBase {
  /** The protocol spoken. */
  readonly protocol: "time";
  /** The second that the server sent. */
  readonly time: Temporal.Instant;
  /** The server's time less this machine's; positive if the server is ahead. */
  readonly offset: Temporal.Duration;
  /** The largest error of `offset` either way if the server is right: 1.01 s and half the round trip. */
  readonly errorBound: Temporal.Duration;
}

/** The leap second that a server announces, or `unsynchronized` (RFC 5905 §7.3). */
export type Leap = "none" | "insert" | "delete" | "unsynchronized";

/**
 * Everything measured in one NTP exchange (RFC 5905); `validate()` checks whether it can be trusted.
 *
 * Where `hasTime` is false, `time`, `offset`, `delay`, `errorBound` and `rootDistance` mean nothing.
 */
export interface NtpReply extends ReplyBase {
  /** The protocol spoken. */
  readonly protocol: "ntp";
  /** The server's time at `receivedAt`. */
  readonly time: Temporal.Instant;
  /** The server's time less this machine's, θ; positive if the server is ahead. */
  readonly offset: Temporal.Duration;
  /** The delay on the network, there and back, δ. */
  readonly delay: Temporal.Duration;
  /** The largest error of `offset` either way if the server is right: δ/2, both precisions and the drift. */
  readonly errorBound: Temporal.Duration;
  /** The largest error of the server's time here, λ: by its own root delay and dispersion, and the delay. */
  readonly rootDistance: Temporal.Duration;
  /** The distance from a reference clock in servers, 1 to 15; 0 if not synchronised, and in a kiss-o'-death. */
  readonly stratum: number;
  /** The source of its time, decoded: an address, a name, or a kiss code. */
  readonly referenceId: string;
  /** The leap second it announces, or `unsynchronized`. */
  readonly leap: Leap;
  /** How the reply was authenticated, `key 7`; absent if it was not. */
  readonly authenticated?: string;
  /** Every field of the reply. */
  readonly packet: NtpPacket;
  /** When the request reached the server, T2, by the server's clock. */
  readonly serverReceivedAt: Temporal.Instant;
  /** When the reply left the server, T3, by the server's clock. */
  readonly serverSentAt: Temporal.Instant;
}
