/** NTS, if it is served. */
import type { Sample } from "../../../../text/exposition.ts";
import type { NtsReport } from "../../../nts/outcomes.ts";
import type { Sampler, ServerMetric } from "./metric.ts";

function ofNts(samples: (report: NtsReport) => readonly Sample[]): Sampler {
  return ({ nts }) => nts === undefined ? [] : samples(nts.report);
}

export const ntsMetrics: readonly ServerMetric[] = [
  {
    name: "timesrv_nts_key_exchanges_total",
    type: "counter",
    labels: ["outcome"],
    help: "NTS key exchanges by outcome, of which answered is the one that gives cookies.",
    samples: ofNts(({ keyExchanges }) =>
      Object.entries(keyExchanges).map(([outcome, count]): Sample => [[outcome], count])
    ),
  },
  {
    name: "timesrv_nts_connections",
    type: "gauge",
    help: "Open connections of NTS key exchanges.",
    samples: ofNts(({ connections }) => [[[], connections]]),
  },
  {
    name: "timesrv_nts_certificate_expiry_timestamp_seconds",
    type: "gauge",
    help: "When the certificate of NTS ends, in seconds since 1970.",
    samples: ofNts(({ certificateEnd }) => [[[], certificateEnd.epochMilliseconds / 1000]]),
  },
  {
    name: "timesrv_nts_newest_key_timestamp_seconds",
    type: "gauge",
    help: "When the newest key of NTS cookies was made, in seconds since 1970.",
    samples: ofNts(({ newestKey }) => [[[], newestKey.epochMilliseconds / 1000]]),
  },
];
