/** Watched servers of every kind, for whole screens and pictures. */
import type { WatchRecord } from "../../../../src/cli/timecli/watch/record.ts";
import { bad, lost, measured, notices, recordOf, textReply, url } from "./watch_events.ts";

const minute = Array.from({ length: 60 }, (_, i) => i);

/** A minute of a server that swings, of one that is silent, of a text, and of one that is far ahead. */
export function watchedForAMinute(): WatchRecord[] {
  const swing = (i: number): number => Math.round(100 * Math.sin(i / 8)) / 1e6;
  return [
    recordOf(
      url,
      minute.map((i) => i === 30 ? lost(i) : measured(i, swing(i), 0.001 + (i % 7) / 1e5)),
    ),
    recordOf("time://192.0.2.9:37", minute.map(lost)),
    recordOf("daytime://192.0.2.8:13", minute.map((i) => textReply(i, "now", i / 1000))),
    recordOf("ntp://ahead.example:123", [
      ...[measured(0, 4e8, 0.1), bad(1, "unusable"), measured(2, 4e8, 0.1)],
    ]),
  ];
}

/** A few exchanges and events of each. */
export function watchedForMoments(): WatchRecord[] {
  return [
    recordOf(url, [
      ...[measured(0, 1e-5, 0.002), lost(1), measured(2, 3e-5, 0.004), lost(3)],
      ...[...notices, measured(8, 2e-5, 0.006)],
    ]),
    recordOf("ntp://ahead.example:123", [
      ...[measured(0, 4.00001, 0.001), measured(4, 4.00003, 0.0015), bad(6, "unusable")],
    ]),
    recordOf("daytime://192.0.2.8:13", [textReply(1, "now", 0.003)]),
    recordOf("ntp://gone.example:123", [lost(0)]),
  ];
}
