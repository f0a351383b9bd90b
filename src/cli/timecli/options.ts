/** The options that several commands of `timecli` have. */
import { type Field, field, flag, number, positive, type Row, whole } from "../../options/field.ts";
import { parseDuration, toSeconds } from "../../text/duration.ts";
import type { Positional } from "../shared/command.ts";

/** The syntax of options in seconds. */
export const seconds = { syntax: "<seconds>", unit: "seconds" } as const;

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

/** The time limit of a query, or of each request where a command samples. */
export function timeoutField(help: string, max = 86_400): Field<number> {
  return positive(max, { name: "timeout", short: "t", ...seconds, help, default: "3" });
}

/** The time limit of each request where a command sends many. */
export function lossTimeoutField(max: number, usual: string): Field<number> {
  const help = "seconds until a request is lost";
  return number(0.001, max, { name: "timeout", short: "t", ...seconds, help, default: usual });
}

/** The time limit of a whole command. */
export function totalTimeoutField(max: string, usual: string): Field<number> {
  const row = { name: "timeout", short: "t", help: "total time limit", default: usual };
  return durationInSeconds("1ms", max, row);
}

export function samplesField(help: string, row: Pick<Row, "default" | "conflicts">): Field<number> {
  return whole(1, 1000, { name: "samples", short: "s", syntax: "<count>", help, ...row });
}

export const intervalField: Field<number> = durationInSeconds("0", "1h", {
  name: "interval",
  short: "i",
  help: "time between samples",
  default: "2s; loopback 100ms",
});

/** The output for programs: `--json` alone, or `--csv` beside it. */
export const jsonField: Field<boolean> = flag({ name: "json", help: "print one JSON object" });

/** The output for programs of a command that has both forms. */
export function formatFields(json: string, csv: string): Record<"json" | "csv", Field<boolean>> {
  return {
    json: flag({ name: "json", help: json, conflicts: ["csv"] }),
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
