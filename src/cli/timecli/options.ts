/** The options that several commands of `timecli` have. */
import { type Field, field, flag, type Row, whole } from "../../options/field.ts";
import { parseDuration, toSeconds } from "../../text/duration.ts";
import type { Positional } from "../shared/command.ts";

/** A duration as people write it, such as `10s` or `1h30m`, read as seconds. */
export function durationInSeconds(min: string, max: string, row: Row): Field<number> {
  const secondsOf = (text: string): number => toSeconds(parseDuration(text));
  const expected = `a duration from ${min} to ${max}, such as 2, 500ms or 1m`;
  return field({ syntax: "<duration>", ...row }, expected, (given) => {
    try {
      const seconds = secondsOf(String(given));
      return seconds >= secondsOf(min) && seconds <= secondsOf(max) ? seconds : undefined;
    } catch (error) {
      if (error instanceof SyntaxError) return undefined;
      throw error;
    }
  });
}

/** The time limit of a query, of each request, or of a whole command. */
export function timeoutField(help: string, max = "1d", usual = "3s"): Field<number> {
  return durationInSeconds("1ms", max, { name: "timeout", short: "t", help, default: usual });
}

/** The number of requests. */
export function countField(max: number, help: string, row: Partial<Row> = {}): Field<number> {
  return whole(1, max, { name: "count", short: "n", syntax: "<count>", help, ...row });
}

/** The number of requests whose replies are combined. */
export function samplesField(help: string, row: Partial<Row>): Field<number> {
  return countField(1000, help, { aliases: ["-s", "--samples"], ...row });
}

export const intervalField: Field<number> = durationInSeconds("0", "1h", {
  name: "interval",
  short: "i",
  help: "time between samples",
  default: "2s; loopback 100ms",
});

/** The output for programs: `--json` alone, or `--csv` beside it. */
export const jsonField: Field<boolean> = flag({
  name: "json",
  short: "j",
  help: "print one JSON object",
});

/** The output for programs of a command that has both forms. */
export function formatFields(json: string, csv: string): Record<"json" | "csv", Field<boolean>> {
  return {
    json: flag({ name: "json", short: "j", help: json, conflicts: ["csv"] }),
    csv: flag({ name: "csv", help: csv }),
  };
}

/** The servers of a command that needs an offset. */
export const serversArgument: Positional = {
  name: "urls",
  help: "servers: [PROTOCOL://]HOST[:PORT], NTP by default",
  isRequired: true,
  isRepeatable: true,
};
