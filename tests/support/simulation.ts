/** Exchanges with a server whose offset is known, without a network. */
import type { RawReply } from "../../src/protocols/protocol.ts";
import type { TimedReply } from "../../src/client/estimate.ts";
import { measureNtp, ntpRequest } from "../../src/protocols/ntp/protocol.ts";
import { fromSeconds } from "../../src/text/duration.ts";
import { toTimestamp } from "../../src/protocols/ntp/timestamp.ts";
import { Random } from "../fuzz/random.ts";
import { ntpReply } from "./scripted_server.ts";

/** Numbers from 0 to 1 that are the same for the same seed. */
export function randomFrom(seed: number): () => number {
  const random = new Random(seed);
  return () => random.uint32() / 2 ** 32;
}

/** A path between a client and a server. */
export interface Route {
  /** The least delays there and back, in seconds. */
  readonly there: number;
  readonly back: number;
  /** The average delays in queues, exponentially distributed, in seconds. */
  readonly queueThere: number;
  readonly queueBack: number;
  /** The share of the requests that get no reply. */
  readonly loss?: number;
}

/** The clocks: in seconds, and seconds per second. */
export interface ClockModel {
  /** The lead of the server at its start. */
  readonly offset: number;
  /** The gain of the server's clock. */
  readonly drift: number;
}

const START = Temporal.Instant.from("2026-11-22T18:00:00Z");

/** The client's measurements in a run of `count` exchanges. */
export function simulate(
  truth: ClockModel,
  route: Route,
  { count, interval, random }: { count: number; interval: number; random: () => number },
): TimedReply[] {
  const queue = (mean: number): number => -mean * Math.log(1 - random());
  const ahead = (at: number): number => truth.offset + truth.drift * at;
  const replies: TimedReply[] = [];
  for (let i = 0; i < count; i++) {
    const sent = i * interval;
    const came = sent + route.there + queue(route.queueThere);
    const left = came + 20e-6;
    const back = left + route.back + queue(route.queueBack);
    if (random() < (route.loss ?? 0)) continue;
    const { octets: request } = ntpRequest();
    const at = (seconds: number): Temporal.Instant => START.add(fromSeconds(seconds));
    const raw: RawReply = {
      url: "ntp://192.0.2.1:123",
      request,
      octets: ntpReply(request, {
        precision: -23,
        receiveTimestamp: toTimestamp(at(came + ahead(came))),
        transmitTimestamp: toTimestamp(at(left + ahead(left))),
      }),
      from: { transport: "udp", hostname: "192.0.2.1", port: 123 },
      sentAt: at(sent),
      receivedAt: at(back),
      roundTrip: fromSeconds(back - sent),
    };
    replies.push({ reply: measureNtp(raw), startedAfter: fromSeconds(sent) });
  }
  return replies;
}
