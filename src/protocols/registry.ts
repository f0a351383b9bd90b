import { asctime } from "./asctime/protocol.ts";
import { daytime } from "./daytime/protocol.ts";
import { ntp } from "./ntp/protocol.ts";
import type { ProtocolRecord } from "./protocol.ts";
import type { NtpReply, SecondsReply, TextReply } from "./reply.ts";
import { time } from "./time/protocol.ts";

/** The reply of each protocol. */
export interface Replies {
  /** Text as the C library's `asctime` writes it. */
  readonly asctime: TextReply;
  /** A port that speaks NTP with NTP clients and text with all others. */
  readonly auto: TextReply;
  /** RFC 867. */
  readonly daytime: TextReply;
  /** RFC 868. */
  readonly time: SecondsReply;
  /** RFC 5905. */
  readonly ntp: NtpReply;
}

/** A protocol that can be served and queried: the scheme of its URLs. */
export type Protocol = keyof Replies;

/** The record of each protocol; of their forms, the most general is the first. */
export const protocols: { readonly [Name in Protocol]: ProtocolRecord<Replies[Name]> } = {
  asctime,
  // Clients query it in text, which all servers on such a port understand.
  auto: asctime,
  daytime,
  time,
  ntp,
};

/** A time server's reply; `protocol` distinguishes the kinds. */
export type TimeReply = Replies[Protocol];

/** The kind of reply to a URL, where the type of the URL names the protocol. */
export type ReplyTo<Url extends string> = Url extends `${infer Name extends Protocol}://${string}`
  ? Replies[Name]
  : Url extends `ntp+nts://${string}` ? NtpReply
  : TimeReply;

/** A protocol as it is on the wire, where `auto` is one of the others. */
export type WireProtocol = TimeReply["protocol"];

/** All protocols that are on the wire, in the order of the registry. */
export const wireProtocols = Object.keys(protocols)
  .filter((name) => name !== "auto") as readonly WireProtocol[];
