/** The counters of each listener. */
import { refusalCauses } from "../../../../protocols/responder.ts";
import type { Sample } from "../../../../text/exposition.ts";
import { repliesByProtocol, type Totals } from "../../../../transports/counters.ts";
import type { ControlledListener } from "../../call.ts";
import { counter, type Samples, type ServerMetric } from "./metric.ts";

/** Samples of each listener. */
function ofListeners(
  further: readonly string[],
  samples: (totals: Totals, listener: ControlledListener) => readonly Sample[],
): Samples {
  return {
    labels: ["listener", ...further],
    samples: ({ listeners }) =>
      listeners.flatMap((listener) =>
        samples(listener.totals(), listener)
          .map(([labels, value]): Sample => [[listener.url, ...labels], value])
      ),
  };
}

function ofListener(value: (totals: Totals) => number): Samples {
  return ofListeners([], (totals) => [[[], value(totals)]]);
}

export const listenerMetrics: readonly ServerMetric[] = [
  counter(
    "timesrv_datagrams_received_total",
    "Datagrams received.",
    ofListener(({ received }) => received),
  ),
  counter(
    "timesrv_replies_total",
    "Replies with the time sent, by the protocol that was spoken.",
    ofListeners(
      ["protocol"],
      (totals, { protocol }) =>
        repliesByProtocol(protocol, totals).map(([spoken, count]): Sample => [[spoken], count]),
    ),
  ),
  counter(
    "timesrv_kods_total",
    "Kiss-o'-death packets sent, which carry no time.",
    ofListener(({ kisses }) => kisses),
  ),
  counter(
    "timesrv_reply_copies_total",
    "Extra copies of replies sent (a fault).",
    ofListener(({ copies }) => copies),
  ),
  counter(
    "timesrv_refusals_total",
    "Datagrams that were deliberately not answered, by cause.",
    ofListeners(
      ["cause"],
      ({ refused }) => refusalCauses.map((cause): Sample => [[cause], refused[cause]]),
    ),
  ),
  counter(
    "timesrv_errors_total",
    "Failures, by what failed: receive, respond or send.",
    ofListeners(["operation"], ({ receiveErrors, responderErrors, sendErrors }) => [
      [["receive"], receiveErrors],
      [["respond"], responderErrors],
      [["send"], sendErrors],
    ]),
  ),
];
