/** The options of an exporter, and the parameters of its `/probe`. */
import { httpNamesField, parseExport } from "../../http/address.ts";
import { duration, type Field, MAX_LONG_TEXT, text, whole } from "../../options/field.ts";
import { type Network, parseNetworks } from "../../text/ip_words.ts";

export const exportFields = {
  listen: text("HOST[:PORT] such as 127.0.0.1:8891", parseExport, {
    name: "listen",
    short: "l",
    syntax: "<address>",
    help: "where to serve the metrics over HTTP",
    default: "127.0.0.1:8891",
  }),
  interval: duration("10ms", "1d", {
    name: "interval",
    short: "i",
    help: "time between requests to a server",
    default: "16s",
  }),
  targets: text("networks with commas, all or none", parseTargets, {
    name: "targets",
    maxLength: MAX_LONG_TEXT,
    syntax: "<networks>",
    help: "networks that /probe may query, with commas; all or none",
    default: "all on a loopback address",
  }),
  httpNames: httpNamesField,
} as const;

/** The most samples of one `/probe`. */
const MAX_SAMPLES = 8;

/** The most seconds of one `/probe`: the response must be there within ten. */
export const MAX_PROBE_SECONDS = 9.5;

export const probeFields: { readonly samples: Field<number>; readonly timeout: Field } = {
  samples: whole(1, MAX_SAMPLES, {
    name: "samples",
    help: "requests whose replies are combined",
    default: "1",
  }),
  timeout: duration("10ms", `${MAX_PROBE_SECONDS}s`, {
    name: "timeout",
    help: "total time limit",
    default: "that of the scrape less 0.5s, at most 9.5s",
  }),
};

/**
 * Parses a list of networks.
 *
 * @throws {SyntaxError} If one cannot be read
 */
export function parseTargets(list: string): readonly Network[] {
  return list === "none" ? [] : list.split(",").flatMap((each) => parseNetworks(each.trim()));
}
