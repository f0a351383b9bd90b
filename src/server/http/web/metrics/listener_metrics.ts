/** The counters of each listener. */
import { refusalCauses } from "../../../../protocols/responder.ts";
import type { Sample } from "../../../../text/exposition.ts";
import { repliesByProtocol, type Totals } from "../../../../transports/counters.ts";
import type { ControlledListener } from "../../call.ts";
import type { Sampler, ServerMetric } from "./metric.ts";

/** One sample per listener. */
function ofListeners(value: (totals: Totals) => number): Sampler {
  return ({ listeners }) => listeners.map(({ url, totals }) => [[url], value(totals())]);
}

const listener = ["listener"];

export const listenerMetrics: readonly ServerMetric[] = [
  {
    name: "timesrv_datagrams_received_total",
    type: "counter",
    labels: listener,
    help: "Datagrams received.",
    samples: ofListeners(({ received }) => received),
  },
  {
    name: "timesrv_replies_total",
    type: "counter",
    labels: ["listener", "protocol"],
    help: "Replies with the time sent, by the protocol that was spoken.",
    samples: ({ listeners }) =>
      listeners.flatMap(({ url, protocol, totals }) =>
        repliesByProtocol(protocol, totals()).map((
          [spoken, count],
        ): Sample => [[url, spoken], count])
      ),
  },
  {
    name: "timesrv_kods_total",
    type: "counter",
    labels: listener,
    help: "Kiss-o'-death packets sent, which carry no time.",
    samples: ofListeners(({ kisses }) => kisses),
  },
  {
    name: "timesrv_reply_copies_total",
    type: "counter",
    labels: listener,
    help: "Extra copies of replies sent (a fault).",
    samples: ofListeners(({ copies }) => copies),
  },
  {
    name: "timesrv_refusals_total",
    type: "counter",
    labels: ["listener", "cause"],
    help: "Datagrams that were deliberately not answered, by cause.",
    samples: ({ listeners }) =>
      listeners.flatMap(({ url, totals }: ControlledListener) => {
        const { refused } = totals();
        return refusalCauses.map((cause): Sample => [[url, cause], refused[cause]]);
      }),
  },
  {
    name: "timesrv_errors_total",
    type: "counter",
    labels: ["listener", "operation"],
    help: "Failures, by what failed: receive, respond or send.",
    samples: ({ listeners }) =>
      listeners.flatMap(({ url, totals }): Sample[] => {
        const { receiveErrors, responderErrors, sendErrors } = totals();
        return [
          [[url, "receive"], receiveErrors],
          [[url, "respond"], responderErrors],
          [[url, "send"], sendErrors],
        ];
      }),
  },
];
