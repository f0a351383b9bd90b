import { duration, flag, oneOf } from "../../options/field.ts";

export const logFields = {
  logFormat: oneOf(["text", "json"], {
    name: "log-format",
    syntax: "<format>",
    help: "text lines, or JSON",
    default: "text",
  }),
  statsInterval: duration("1s", "7d", {
    name: "stats-interval",
    syntax: "<duration>",
    help: "log totals at this interval: 10s, 5m, 1h30m",
  }),
  quiet: flag({
    name: "quiet",
    short: "q",
    help: "log only warnings, faults, and totals of --stats-interval",
    conflicts: ["verbose"],
  }),
  verbose: flag({
    name: "verbose",
    short: "v",
    help: "log refused requests, more of others, and socket errors",
  }),
};
