import type { SymmetricKeys } from "../crypto/symmetric_keys.ts";
import type { QueryFailure } from "./failure.ts";
import type { NtpMeasurement } from "./ntp/measurement.ts";
import type { ReplyBase } from "./reply.ts";

/** A protocol; its folder exports the record, the registry lists it. */
export interface ProtocolRecord<Reply extends ReplyBase = ReplyBase> {
  /** The name in logs and tables. */
  readonly label: string;
  /** The UDP port of URLs that name none. */
  readonly port: number;
  /** Whether its replies have an offset, so that clocks can be compared by them. */
  readonly hasOffset?: true;
  /** Whether a listener of `auto` speaks it too. */
  readonly isSpokenByAuto?: true;

  createRequest(options?: RequestOptions): Request;
  /** Reads a reply that passed all match tests, or throws a {@linkcode DecodeError}. */
  read(raw: RawReply, options?: ReadOptions): Reply;
  /**
   * The tests that a datagram must pass to be the reply to a request, in order; without them any
   * datagram is. The first one tests the form that the others rely on.
   */
  readonly matchTests?: readonly MatchTest[];
  /** The tests that a reply must pass to be trusted, in order. */
  readonly trustTests?: readonly TrustTest<Reply>[];

  /** The keys that its replies have in JSON and CSV beside the common ones, and those that `--raw` adds. */
  readonly keys?: readonly string[];
  readonly rawKeys?: readonly string[];
  /** The values of these keys, of those that the reply has. */
  toJson?(reply: Reply, raw: boolean): Record<string, unknown>;

  /** Whether a datagram is what a server of this protocol would send, whatever its clock shows. */
  looksLikeReply(octets: Uint8Array): boolean;
  /** Whether the service recognises replies by itself; all others are kept from answering one. */
  readonly refusesReplies?: true;
  /** Loads the wire format, which only explanations need. */
  loadWireFormat(): Promise<WireFormat<Reply>>;
}

export interface RequestOptions {
  /** The key to authenticate with, and all that are known. */
  readonly key?: number | undefined;
  readonly keys?: SymmetricKeys | undefined;
}

/** The request of one try, and how its reply is recognised. */
export interface Request {
  readonly octets: Uint8Array;
  /** How its reply is authenticated, if it is. */
  readonly authenticated?: string;
  /** Why a datagram from the server is not the reply to this request, so that the wait goes on. */
  rejection?(octets: Uint8Array): Rejection | undefined;
}

/** Why a datagram is not the reply to a request, as the failure of a query that gets no other, and in words. */
export interface Rejection {
  readonly reason: "bogus_reply" | "not_authentic";
  readonly message: string;
}

/** A reply before it is read. */
export interface RawReply
  extends
    Pick<ReplyBase, "url" | "from" | "sentAt" | "receivedAt" | "roundTrip">,
    Pick<Request, "authenticated"> {
  readonly request: Uint8Array;
  readonly octets: Uint8Array;
}

export interface ReadOptions {
  /** The precision of the client's clock, as a power of two of seconds; without it, that of this machine. */
  readonly localPrecision?: number | undefined;
  /** Whether `sentAt` and `receivedAt` are known; true without it. */
  readonly isTimed?: boolean;
}

/** A test, by the document that prescribes it. */
export interface NamedTest {
  /** What the reply must satisfy. */
  readonly name: string;
  /** The document and section. */
  readonly source: string;
}

/** A test whose failure means that a datagram is not the reply: it is ignored, and the wait goes on. */
export interface MatchTest extends NamedTest {
  /**
   * The id of the key that a test of authenticity needs; undefined if there is nothing to test in the reply to this
   * request. No other test has it.
   */
  keyOf?(request: Uint8Array): number | undefined;
  /** Whether a request has what the reply is compared with; without it, any request has. */
  canCompare?(request: Uint8Array): boolean;
  /** Why the datagram is not the reply; undefined if it may be. A MAC is tested only if there are keys. */
  rejection(
    octets: Uint8Array,
    request: Uint8Array,
    keys?: SymmetricKeys,
  ): string | undefined;
}

/** A test whose failure means that a reply must not be trusted. */
export interface TrustTest<Reply> extends NamedTest {
  /** Whether it needs the client's own two times. */
  readonly needsTimes?: true;
  /** Whether it checks the server's times: a reply that fails has no time. */
  readonly checksTimestamps?: true;
  /** What is wrong; the message continues a sentence that begins with the server. */
  failure(
    reply: Omit<Reply, "hasTime">,
    maxRootDistance: number,
  ): { readonly reason: QueryFailure; readonly message: string } | undefined;
}

/** How the datagrams of a protocol are laid out, for explanations and captures. */
export interface WireFormat<Reply = ReplyBase> {
  /** Every octet once, as in `replyFields`. */
  requestFields(octets: Uint8Array, pivot: Temporal.Instant, keys?: SymmetricKeys): WireField[];
  replyFields(octets: Uint8Array, pivot: Temporal.Instant, keys?: SymmetricKeys): WireField[];
  /** The test that is passed by a reply that can be read, where no match test covers it. */
  readonly formTest?: NamedTest;
  /** The document that requires the reply to come from the address and port queried. */
  readonly senderSource?: string;
  /** The measurement of an exchange; undefined where there is nothing to measure. */
  measure(
    reply: Reply,
    times: ExchangeTimes | undefined,
    localPrecision: number,
  ): Measurement | undefined;
  /** Without it, any octets have the form of a request; without `isReply`, of a reply. */
  isRequest?(octets: Uint8Array): boolean;
  isReply?(octets: Uint8Array): boolean;
  /**
   * Whether a reply fits a request in every field that it copies. Without it a reply fits any request, and
   * on another port than the protocol's own, nothing shows that it is one.
   */
  isReplyTo?(reply: Uint8Array, request: Uint8Array): boolean;
  /** The name of an exchange that is not the usual one of a client and a server. */
  variantOf?(request: Uint8Array, reply: Uint8Array): ExchangeVariant | undefined;
  /** Whether an exchange of unknown protocol seems to be of this one; either part may be empty. */
  resembles?(request: Uint8Array, reply: Uint8Array): boolean;
}

export interface ExchangeVariant {
  readonly name: string;
  /** Why its own datagrams measure nothing; undefined if they do. */
  readonly unmeasured?: string;
}

/** When an exchange began and ended, by the clock of the client or of the machine that captured it. */
export interface ExchangeTimes {
  /** When the request left. */
  readonly sentAt: Temporal.Instant;
  /** When the reply came. */
  readonly receivedAt: Temporal.Instant;
}

/** Octets that form one value, or some bits of one octet. */
export interface WireField {
  /** The protocol's name for it. */
  readonly name: string;
  /** Where it begins, in octets. */
  readonly offset: number;
  /** The octets. */
  readonly octets: Uint8Array;
  /** Which bits of the octet, as `..100...`; all without it. */
  readonly bits?: string;
  /** The meaning of the value; one line, safe to print. */
  readonly meaning: string;
}

/** The measurement of one exchange: all steps of NTP's arithmetic, or what whole seconds allow. */
export interface Measurement {
  /** T1 and T4 by the client's clock, T2 and T3 by the server's; the Time protocol has T3 alone. */
  readonly times: Readonly<Partial<Record<"t1" | "t2" | "t3" | "t4", Temporal.Instant>>>;
  /** The steps of NTP's arithmetic, if T1 and T4 are known. */
  readonly ntp?: NtpMeasurement;
  /** The server's time less the client's, in nanoseconds. */
  readonly offset?: bigint;
  /** The largest possible error of the offset if the server is right, in nanoseconds. */
  readonly errorBound?: bigint;
}
