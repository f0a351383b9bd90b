/** `timecli` without a subcommand: its command line, turned into options of a query. */
import { field, flag, whole } from "../../../options/field.ts";
import { pickOptions } from "../../../options/read.ts";
import { type Arguments, defineCommand } from "../../shared/command.ts";
import { checkUrls, UsageError } from "../../shared/errors.ts";
import {
  formatFields,
  intervalField,
  networkFields,
  networkOf,
  samplesField,
  targetOffers,
  timeoutField,
} from "../options.ts";
import { DEFAULT_TARGET, queryTargets } from "./query.ts";

const timeout = timeoutField("total time limit");

/** The options of one exchange per target. */
const exchangeFields = {
  timeout,
  retries: whole(0, 1000, {
    name: "retries",
    short: "r",
    syntax: "<count>",
    help: "retransmissions",
    default: "2",
  }),
};

/** The options of several. */
const sampleFields = {
  timeout,
  count: samplesField("send this many requests and combine the replies", { conflicts: ["bare"] }),
  interval: intervalField,
};

const groups = {
  "Query:": { ...exchangeFields, ...sampleFields, ...networkFields },
  "Output:": {
    ...formatFields(
      "print one JSON object per target",
      "print a header and one row per target (RFC 4180)",
    ),
    format: field(
      {
        name: "format",
        syntax: "<pattern>",
        help: "print the time alone, as in yyyy-MM-dd HH:mm:ss xxx",
        conflicts: ["json", "csv", "bare", "raw", "count"],
      },
      "a pattern",
      (given) => typeof given === "string" ? given : undefined,
    ),
    utc: flag({ name: "utc", help: "with --format: print UTC rather than local time" }),
    raw: flag({ name: "raw", help: "print all fields and timestamps of an NTP reply" }),
    bare: flag({
      name: "bare",
      short: "q",
      formerFlags: ["--quiet"],
      help: "print the time alone, as the server wrote it",
      conflicts: ["json", "csv"],
    }),
  },
} as const;

async function run({ values, positionals, sources }: Arguments<typeof groups>): Promise<number> {
  const { json = false, csv = false, raw = false, bare = false, utc = false, format } = values;
  if (utc && format === undefined) throw new UsageError("--utc needs --format");
  checkUrls(positionals);
  const network = await networkOf({ values, sources }, positionals);
  if (values.count !== undefined) {
    if (sources.get("retries") === "arguments") {
      throw new UsageError("--retries is not for --count, which sends no request again");
    }
    const { runSamples } = await import("../samples/samples.ts");
    const options = { ...pickOptions(sampleFields, values), count: values.count, ...network };
    return await runSamples(positionals, options, { json, csv, raw });
  }
  if (sources.get("interval") === "arguments") throw new UsageError("--interval needs --count");
  return await queryTargets(positionals, {
    ...pickOptions(exchangeFields, values),
    ...{ ...network, json, csv, raw, bare },
    ...(format !== undefined &&
      { formatTime: (await import("./time_format.ts")).timeFormatter(format, utc) }),
  });
}

/** The command, without the texts of its help, which a query does not load. */
export const query = defineCommand({
  name: "timecli",
  description:
    "Queries time servers over UDP and prints their replies; several servers are queried " +
    "at the same time.",
  positionals: [{
    name: "targets",
    help: `servers to query: [PROTOCOL://]HOST[:PORT] (default: ${DEFAULT_TARGET})`,
    isRepeatable: true,
    offers: targetOffers,
  }],
  groups,
  notes: "",
  run,
});

/** Whether a command line can be nothing but a query: it has no word that may be a subcommand, and no `--help`. */
export function isQuery(args: readonly string[]): boolean {
  const others = ["-h", "--help", "-V", "--version"];
  return !args.some((arg) => /^[a-z]+$/.test(arg) || others.includes(arg));
}
