/** `timecli wait`: its command line, turned into options and handed to `wait()`. */
import { Option } from "@commander-js/extra-typings";
import { toSeconds } from "../../text/duration.ts";
import { parseMeasurable } from "../../client/measure.ts";
import { type AwaitedServer, wait, type WaitOptions } from "../../client/wait.ts";
import { describer, queryExitCodes } from "../shared/exit_codes.ts";
import { escapeLine } from "../../text/printable.ts";
import { durationParser, subcommand } from "../shared/program.ts";
import { stopSignal } from "../shared/stop_signal.ts";
import { formatSeconds, formatSignedSeconds } from "../../text/units.ts";
import { checkUrls } from "../shared/usage_error.ts";
import { writeText } from "../shared/write_text.ts";

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
    const limit = formatSeconds(within / 1000).replace(/\.0+ /, " ");
    const describe = describer();
    const options: WaitOptions = {
      within: within / 1000,
      timeout: timeout / 1000,
      signal: stopSignal(),
      ...(ipv4 && { family: 4 }),
      ...(ipv6 && { family: 6 }),
      ...(!quiet && {
        onChange: (server: AwaitedServer) =>
          writeText(
            Deno.stderr,
            `${
              escapeLine(`${server.url}: ${whatItSays(server, limit) ?? describe(server.error)}`)
            }\n`,
          ),
      }),
    };
    const { agreed, elapsed, servers } = await wait(urls, options).catch((error) => {
      throw error === options.signal?.reason ? new Error("Stopped before the clock agreed") : error;
    });
    const count = servers.filter(({ agreement }) => agreement === "within").length;
    const after = formatSeconds(toSeconds(elapsed));
    const many = servers.length;
    if (!agreed) {
      const found = many === 1
        ? `the clock is not known to be within ${limit} of the server`
        : `the clock is known to be within ${limit} of ${count} of ${many} servers, ` +
          `it takes ${Math.floor(many / 2) + 1}`;
      writeText(Deno.stderr, `timecli: Gave up after ${after}: ${found}\n`);
      return queryExitCodes.timeout;
    }
    const whom = many === 1 ? "the server" : `${count} of ${many} servers`;
    if (!quiet) {
      writeText(Deno.stdout, `The clock is within ${limit} of ${whom} after ${after}\n`);
    }
    return 0;
  },
);

/** What its last reply says, if it is fit to trust. */
function whatItSays({ reply, error, agreement }: AwaitedServer, limit: string): string | undefined {
  if (!reply || error) return undefined;
  const offset = formatSignedSeconds(toSeconds(reply.offset));
  const bound = formatSeconds(toSeconds(reply.errorBound));
  return `${offset} ± ${bound}, ${meanings[agreement].replace("LIMIT", limit)}`;
}

const meanings = {
  within: "within LIMIT",
  uncertain: "perhaps within LIMIT",
  beyond: "not within LIMIT",
  unknown: "",
} as const;
