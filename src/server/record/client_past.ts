/** What a recorder knows of a client from its earlier requests to a listener: bounded, and pure. */
import type { NtpPacket } from "../../protocols/ntp/packet.ts";

/** A request for NTP, as the rules see it. */
export interface SeenRequest {
  /** When it arrived, by a clock that is never set. */
  readonly atMs: number;
  /** The same as an NTP timestamp, by each clock that the client may show. */
  readonly clocks: readonly bigint[];
  readonly port: number;
  readonly packet: NtpPacket;
}

/** What became of a request. */
export interface SeenOutcome {
  readonly atMs: number;
  /** The kiss code, if it was a kiss-o'-death. */
  readonly code?: string | undefined;
  /** The header of the reply, if there was one. */
  readonly reply?: NtpPacket | undefined;
}

/** A client may send replies' timestamps back late, and the transmit timestamp of any earlier request. */
const KEPT = 16;

/** Requests closer together than this are one run: the shortest poll interval is 2^4 s (RFC 5905 §7.2). */
const RUN_MS = 15_000;

/** The earlier requests of one client. */
export class ClientPast {
  /** Its requests so far. */
  requests = 0;
  /** When the latest one arrived. */
  atMs = 0;
  /** The time between the latest two; unknown before the second. */
  intervalMs: number | undefined;
  /** The number of requests in a row that were closer together than a poll interval may be. */
  runLength = 0;
  runStartMs = 0;
  /** The number of requests since the last reply. */
  unanswered = 0;
  /** A kiss-o'-death that forbids all further requests. */
  denied: { readonly code: string; readonly atMs: number } | undefined;
  /** A kiss-o'-death that asks for a longer interval than the one before it. */
  slowed: { readonly atMs: number; readonly intervalMs: number | undefined } | undefined;
  /** The ports of its latest requests, the last one last. */
  readonly ports: number[] = [];
  /** The transmit timestamps of its latest requests. */
  readonly transmits: bigint[] = [];
  /** The origin timestamp of its latest request. */
  origin = 0n;
  /** The receive timestamps of the latest replies to it, which an interleaved request sends back. */
  readonly replyReceives: bigint[] = [];
  /** The transmit timestamps of the latest replies to it, which a basic request sends back. */
  readonly replyTransmits: bigint[] = [];
  /** Whether a reply was sent since its latest request. */
  isAnswered = false;

  /** The time since the latest request; undefined before there is one. */
  sinceMs({ atMs }: SeenRequest): number | undefined {
    return this.requests === 0 ? undefined : atMs - this.atMs;
  }

  /** The number of requests in the run that this one continues, or begins. */
  runWith(request: SeenRequest): { readonly length: number; readonly startMs: number } {
    const isNext = (this.sinceMs(request) ?? Infinity) < RUN_MS;
    return isNext
      ? { length: this.runLength + 1, startMs: this.runStartMs }
      : { length: 1, startMs: request.atMs };
  }

  /** Adds a request. */
  add(request: SeenRequest): void {
    const { length, startMs } = this.runWith(request);
    this.intervalMs = this.sinceMs(request);
    [this.runLength, this.runStartMs] = [length, startMs];
    this.requests++;
    this.atMs = request.atMs;
    this.unanswered++;
    this.slowed = undefined;
    this.isAnswered = false;
    this.origin = request.packet.originTimestamp;
    keep(this.ports, request.port);
    keep(this.transmits, request.packet.transmitTimestamp);
  }

  /** Adds what became of a request. */
  settle({ atMs, code, reply }: SeenOutcome): void {
    if (reply === undefined) return;
    this.unanswered = 0;
    this.isAnswered = true;
    keep(this.replyReceives, reply.receiveTimestamp);
    keep(this.replyTransmits, reply.transmitTimestamp);
    if (code === "DENY" || code === "RSTR") this.denied ??= { code, atMs };
    if (code === "RATE") this.slowed = { atMs, intervalMs: this.intervalMs };
  }
}

function keep<T>(list: T[], value: T): void {
  if (list.push(value) > KEPT) list.shift();
}
