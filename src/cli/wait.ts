/** `timecli wait`: its command line, turned into options and handed to `wait()`. */
import { Option } from "@commander-js/extra-typings";
import { toSeconds } from "../client/in_seconds.ts";
import { parseMeasurable } from "../client/measurable.ts";
import { type AwaitedServer, wait, type WaitOptions } from "../client/wait.ts";
import { describe, queryExitCodes } from "./exit_codes.ts";
import { onOneLine } from "./one_line.ts";
import { durationParser, subcommand } from "./program.ts";
import { stopSignal } from "./stop_signal.ts";
import { readableSeconds, signedSeconds } from "./units.ts";
import { checkUrls } from "./usage_error.ts";
import { writeText } from "./write_text.ts";

const HELP = `
It never sets the clock: something else does, and this waits until it is done.

A server agrees if the offset and its bound together are within the limit, so
that a clock that is called right is right, if the servers are. It takes more
than half of all servers given; one that tells no time does not agree. Each is
asked every 2 seconds, after eight times every 16 seconds.

A line on standard error tells whenever a server says something else than
before; the last line, on standard output, says that the clock is right.

Examples:
  timecli wait a.example b.example c.example && start-the-database
  timecli wait ntp://time.example --within 250ms --timeout 5m

Exit codes:
  0  the clock agrees with more than half of the servers
  1  something else failed
  2  the command line is wrong
  ${queryExitCodes.timeout}  it does not agree in time, or no server may be asked any more`;

export const { define } = subcommand(
  (command) =>
    command
      .description("Waits until this machine's clock agrees with time servers.")
      .argument("<urls...>", "the servers, as PROTOCOL://HOST[:PORT], or HOST[:PORT] for NTP")
      .optionsGroup("How to wait:")
      .addOption(
        new Option("--within <duration>", "how far the clock may be off")
          .argParser(durationParser("1ms", "1d")).default(50, "50ms"),
      )
      .addOption(
        new Option("-t, --timeout <duration>", "give up after so long")
          .argParser(durationParser("1ms", "1d")).default(60_000, "60s"),
      )
      .addOption(new Option("-4, --ipv4", "use IPv4 only").conflicts("ipv6"))
      .option("-6, --ipv6", "use IPv6 only")
      .optionsGroup("What to print:")
      .option("-q, --quiet", "nothing but errors")
      .optionsGroup("About the command:")
      .addHelpText("after", HELP),
  async (command) => {
    const [urls] = command.processedArgs;
    const { within, timeout, ipv4, ipv6, quiet } = command.opts();
    checkUrls(urls, parseMeasurable);
    const limit = readableSeconds(within / 1000);
    const options: WaitOptions = {
      within: within / 1000,
      timeout: timeout / 1000,
      signal: stopSignal(),
      ...(ipv4 && { family: 4 }),
      ...(ipv6 && { family: 6 }),
      ...(!quiet && {
        onChange: (server: AwaitedServer) =>
          writeText(Deno.stderr, `${describeServer(server, limit)}\n`),
      }),
    };
    const { agreed, elapsed, servers } = await wait(urls, options).catch((error) => {
      throw error === options.signal?.reason ? new Error("Stopped before the clock agreed") : error;
    });
    const count = servers.filter(({ agreement }) => agreement === "within").length;
    const after = readableSeconds(toSeconds(elapsed));
    const many = servers.length === 1 ? "1 server" : `${servers.length} servers`;
    if (!agreed) {
      writeText(
        Deno.stderr,
        `timecli: The clock is within ${limit} of ${count} of ${many} after ${after}, ` +
          "not of more than half\n",
      );
      return queryExitCodes.timeout;
    }
    if (!quiet) {
      writeText(
        Deno.stdout,
        `The clock is within ${limit} of ${count} of ${many} after ${after}\n`,
      );
    }
    return 0;
  },
);

function describeServer({ url, reply, error, agreement }: AwaitedServer, limit: string): string {
  const says = reply && !error
    ? `${signedSeconds(toSeconds(reply.offset))} ± ${
      readableSeconds(toSeconds(reply.errorBound))
    }, ` +
      meanings[agreement].replace("LIMIT", limit)
    : describe(error) ?? "";
  return onOneLine(`${url}: ${says}`);
}

const meanings = {
  within: "within LIMIT",
  uncertain: "perhaps within LIMIT",
  beyond: "not within LIMIT",
  unknown: "",
} as const;
