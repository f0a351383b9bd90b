import { environmentVariable } from "../../../system/environment.ts";

/** The options of `timecli` that the environment may set; a test holds them against its definition. */
const options = [
  ...["timeout", "retries", "samples", "interval", "ipv4", "ipv6"],
  ...["json", "csv", "format", "utc", "raw", "quiet"],
];

/**
 * The targets of a command line that has nothing else, no option and no subcommand; undefined if it
 * has. Such a one can be told without Commander, which takes longer to load than `timecli` takes to
 * ask.
 */
export function plainTargets(args: readonly string[]): readonly string[] | undefined {
  // Subcommands are words; a host that is one too is asked all the same, only later.
  const areTargets = args.every((arg) => !arg.startsWith("-") && /[:.]/.test(arg));
  const isTold = options.some((option) =>
    environmentVariable(`TIMECLI_${option.toUpperCase()}`) !== undefined
  );
  return areTargets && !isTold ? args : undefined;
}
