/** `timecli` with its subcommands; in executables this is a file of its own, which queries do not load. */
import type { Command, Program } from "../shared/command.ts";
import { queryExitCodes, runToExitCode } from "../shared/errors.ts";
import { runProgram } from "../shared/program.ts";
import { query } from "./query/query.ts";

const NOTES = `
Targets, each with its default port:
  ntp://HOST:123        NTP (RFC 5905): offset, delay, stratum, ...
  ntp+nts://HOST:4460   the same, authenticated by NTS (RFC 8915)
  time://HOST:37        seconds since 1900 (RFC 868)
  daytime://HOST:13     a line of text (RFC 867)
  asctime://HOST:8888   text
  HOST, HOST:PORT       NTP; by port 13, 37 or 8888 one of the others

Examples:
  timecli
  timecli time.example
  timecli a.example b.example time://c.example
  timecli --count 8 time.example
  timecli --json time.example | jq .offset
  timecli --utc --format "yyyy-MM-dd'T'HH:mm:ss'Z'" ntp://time.example
`;

const HINT = "Exit codes: 0 every target sent a time, 2 wrong command line, " +
  `3 to ${Math.max(...Object.values(queryExitCodes))} the failure of a query. ` +
  "Options can be set by environment variables: --timeout by TIMECLI_TIMEOUT. Help on a command: " +
  "timecli help bench.";

async function loadComplete(): Promise<{ readonly command: Command }> {
  const { completeCommand } = await import("../shared/completions.ts");
  return { command: completeCommand(timecli) };
}

const subcommands = ([
  ["bench", "load-test a server you own", () => import("./bench/bench.ts")],
  ["check", "monitoring plugin: one line, exit codes 0 to 3", () => import("./check.ts")],
  ["compare", "find out which of several servers are right", () => import("./compare.ts")],
  ["complete", "print completions for bash, zsh or fish", loadComplete],
  [
    "control",
    "show and change a server that runs with --control",
    () => import("./control/control.ts"),
  ],
  ["explain", "show a request and its reply octet by octet", () => import("./explain/explain.ts")],
  ["export", "metrics of servers for Prometheus", () => import("./export.ts")],
  ["top", "show the clients of a server, live", () => import("./top/top.ts")],
  ["wait", "wait until this machine's clock agrees with servers", () => import("./wait.ts")],
  [
    "watch",
    "poll servers: a live view, or one line per exchange",
    () => import("./watch/watch.ts"),
  ],
] as const).map(([name, summary, load]) => ({ name, summary, load }));

export const timecli: Program = { command: { ...query, notes: NOTES, hint: HINT }, subcommands };

/** Returns the exit code; an error has been reported. */
export function runTimecli(args: readonly string[]): Promise<number> {
  return runToExitCode("timecli", () => runProgram(timecli, args));
}
