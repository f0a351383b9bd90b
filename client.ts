/**
 * `timecli`: the command line, turned into options and handed to `query()`.
 *
 * @module
 */
import { Option } from "@commander-js/extra-typings";
import { queryExitCodes, runToExit, UsageError } from "./src/cli/exit_codes.ts";
import { createProgram, numberParser, parseArguments, writeText } from "./src/cli/program.ts";
import { query, type QueryOptions, type TimeReply } from "./src/client/query.ts";

const DEFAULT_TARGET = "asctime://127.0.0.1:8888";

const program = createProgram("timecli", "Asks a time server over UDP and prints its reply.")
  .argument("[target]", "whom to ask, as HOST[:PORT] or asctime://HOST[:PORT]", DEFAULT_TARGET)
  .optionsGroup("How to ask:")
  .option(
    "-t, --timeout <seconds>",
    "give up after so long in all",
    numberParser("seconds above 0, up to 86400", (value) => value > 0 && value <= 86_400),
    3,
  )
  .option(
    "-r, --retries <count>",
    "ask again so often",
    numberParser(
      "a whole number, 0 to 1000",
      (value) => Number.isInteger(value) && value >= 0 && value <= 1000,
    ),
    2,
  )
  .addOption(new Option("-4, --ipv4", "use IPv4 only").conflicts("ipv6"))
  .option("-6, --ipv6", "use IPv6 only")
  .optionsGroup("What to print:")
  .addOption(new Option("--json", "a JSON object").conflicts("quiet"))
  .option("-q, --quiet", "the bare text of the reply")
  .addHelpText(
    "after",
    `
Examples:
  timecli
  timecli time.example:8888
  timecli asctime://[::1]:8888 --timeout 0.5 --retries 0
  timecli --json | jq -r .time

JSON keys: url, protocol, address, port, text, time (the text's reading, without
a zone as the text has none), received (this machine's clock, UTC), round_trip
(seconds).

Exit codes:
  0  a time was received
  1  something else failed
  2  the command line is wrong
  ${queryExitCodes.timeout}  no reply in time
  ${queryExitCodes.refused}  nothing listens there (known for this machine's addresses only)
  ${queryExitCodes["unknown-host"]}  the host is unknown
  ${queryExitCodes.unreachable}  the network would not carry the request
  ${queryExitCodes["not-a-time"]}  the reply is not a time

Every option can be set by environment too, --timeout as TIMECLI_TIMEOUT.
Shell completions: timecli complete bash|zsh|fish`,
  );

async function main(): Promise<void> {
  await parseArguments(program, Deno.args);
  if (program.args[0] === "complete") return;
  const { timeout, retries, ipv4, ipv6, json, quiet } = program.opts();
  const options: QueryOptions = {
    timeout,
    retries,
    ...(ipv4 && { family: 4 as const }),
    ...(ipv6 && { family: 6 as const }),
  };
  const [target] = program.processedArgs;
  const reply = await query(target, options).catch((error) => {
    throw error instanceof SyntaxError ? new UsageError(error.message) : error;
  });
  writeText(Deno.stdout, `${json ? toJson(reply) : quiet ? reply.text : toText(reply)}\n`);
}

function toText({ text }: TimeReply): string {
  return `Reply from time server: ${text}`;
}

function toJson(reply: TimeReply): string {
  return JSON.stringify({
    url: reply.url,
    protocol: reply.protocol,
    address: reply.from.hostname,
    port: reply.from.port,
    text: reply.text,
    time: reply.time,
    received: reply.receivedAt,
    round_trip: reply.roundTrip.total("seconds"),
  });
}

if (import.meta.main) await runToExit("timecli", main);
