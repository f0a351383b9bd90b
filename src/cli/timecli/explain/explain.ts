/** `timecli explain`: an exchange, live, from octets or from a capture, shown for people to learn from. */
import { Option } from "@commander-js/extra-typings";
import { type CapturedExchange, exchangesOf } from "../../../explain/capture/exchanges.ts";
import { readCapture } from "../../../explain/capture/read_capture.ts";
import { CaptureError } from "../../../explain/capture/capture_error.ts";
import { explain } from "../../../explain/explain.ts";
import { guessProtocol } from "../../../explain/guess_protocol.ts";
import { fromCapture, recordExchange } from "../../../explain/record.ts";
import type { SeenExchange } from "../../../explain/explanation.ts";
import { type WireProtocol, wireProtocols } from "../../../protocols/registry.ts";
import { QueryError } from "../../../protocols/failure.ts";
import { formatAddress } from "../../../protocols/endpoint.ts";
import { queryExitCodes } from "../../shared/exit_codes.ts";
import { type Explained, explainedJson, explainedText, paintFor } from "./explain_report.ts";
import { parseHex } from "./hex.ts";
import { escapeLine } from "../../../text/printable.ts";
import { numberParser, subcommand } from "../../shared/program.ts";
import { readInput } from "./read_input.ts";
import { checkUrls, UsageError } from "../../shared/usage_error.ts";
import { writeText } from "../../shared/write_text.ts";

const DEFAULT_TARGET = "asctime://127.0.0.1:8888";

const HELP = `
Shown are both datagrams, every octet with its meaning; every test that the
reply has to pass, in order, and where it is written; for NTP the four times,
and the offset, delay and bounds worked out with their own numbers.

A capture is a file of tcpdump or Wireshark (pcap, pcapng); of octets and
captures the protocol is told by port and form unless --protocol names it. The
times of a capture are those of the machine that captured: only if that was the
client, offset and delay are the client's.

Examples:
  timecli explain ntp://time.example
  timecli explain --hex "/ 83aa7e80"
  timecli explain --capture lan.pcapng --exchange 2
  tcpdump -w - -c 2 port 123 | timecli explain --capture -

JSON keys (docs/timecli_explain.schema.json): schema (1), seen, protocol,
request.fields and reply.fields (name, offset, length, hex, bits, meaning),
tests (name, source, result, detail), times (t1 to t4), offset, error_bound,
delay, root_distance, error.reason, error.message.

Exit codes, with all of it printed where there is a reply:
  0  the reply passed every test that could be made; otherwise, as of timecli:
  1  something else failed, or the file is no capture
  2  the command line is wrong
 ${code("timeout")}  no reply came
 ${code("refused")}  nothing listens there
 ${code("unknown-host")}  the host is unknown
 ${code("unreachable")}  the network would not carry the request
 ${code("not-a-time")}  the reply is not a time
 ${code("kiss-o-death")}  the server refuses service (kiss-o'-death)
 ${code("unsynchronized")}  the server says that it is not synchronised
 ${code("bogus-reply")}  the reply does not belong to the request; the last one is shown
 ${code("unusable")}  the reply contradicts itself, or its error bound is beyond use`;

export const { define } = subcommand(
  (command) =>
    command
      .description("Shows what was on the wire, octet by octet, and what a client makes of it.")
      .argument(
        "[target]",
        `whom to ask, as PROTOCOL://HOST[:PORT] or HOST[:PORT] (default: ${DEFAULT_TARGET})`,
      )
      .optionsGroup("How to ask:")
      .option(
        "-t, --timeout <seconds>",
        "give up after so long in all",
        numberParser("seconds above 0, up to 86400", (value) => value > 0 && value <= 86_400),
        3,
      )
      .addOption(new Option("-4, --ipv4", "use IPv4 only").conflicts("ipv6"))
      .option("-6, --ipv6", "use IPv6 only")
      .optionsGroup("Or what to read instead:")
      .addOption(
        new Option("--hex <request/reply>", "two datagrams in hexadecimal").conflicts("capture"),
      )
      .option("--capture <file>", "a pcap or pcapng file; - for standard input")
      .option(
        "--exchange <number>",
        "which exchange of the capture (default: 1)",
        numberParser("a whole number from 1", (value) => Number.isInteger(value) && value >= 1),
      )
      .addOption(
        new Option("--protocol <name>", "what the octets or the capture speak").choices(
          wireProtocols,
        ),
      )
      .optionsGroup("What to print:")
      .option("--json", "a JSON object")
      .optionsGroup("About the command:")
      .addHelpText("after", HELP),
  (command) => run(command.processedArgs[0], command.opts()),
);

interface ExplainOptions {
  readonly timeout: number;
  readonly ipv4?: true | undefined;
  readonly ipv6?: true | undefined;
  readonly hex?: string | undefined;
  readonly capture?: string | undefined;
  readonly exchange?: number | undefined;
  readonly protocol?: WireProtocol | undefined;
  readonly json?: true | undefined;
}

async function run(target: string | undefined, options: ExplainOptions): Promise<void> {
  checkChoice(target, options);
  const { title, seen, failure } = options.hex !== undefined
    ? seenInHex(options.hex, options.protocol)
    : options.capture !== undefined
    ? await seenInFile(options.capture, options)
    : await seenLive(target ?? DEFAULT_TARGET, options);
  const explained: Explained = { title, explanation: explain(seen) };
  const text = options.json
    ? JSON.stringify(explainedJson(explained))
    : explainedText(explained, paintFor(Deno.stdout));
  writeText(Deno.stdout, `${text}\n`);
  if (failure) throw failure;
  const problem = explained.explanation.failure;
  if (problem) throw new QueryError(problem.reason, problem.message);
}

function checkChoice(target: string | undefined, options: ExplainOptions): void {
  const { hex, capture, exchange, protocol } = options;
  const read = hex !== undefined ? "--hex" : capture !== undefined ? "--capture" : undefined;
  if (target !== undefined && read !== undefined) {
    throw new UsageError(`Nobody is asked with ${read}: leave ${escapeLine(target)} out`);
  }
  if (exchange !== undefined && capture === undefined) {
    throw new UsageError("--exchange is for --capture");
  }
  if (protocol !== undefined && read === undefined) {
    throw new UsageError("--protocol is for --hex and --capture; a target names its own");
  }
  if (target !== undefined) checkUrls([target]);
}

/** An exchange, where it was seen, and what was wrong that its octets do not tell. */
interface Seen {
  readonly title: string;
  readonly seen: SeenExchange;
  readonly failure?: QueryError;
}

async function seenLive(target: string, options: ExplainOptions): Promise<Seen> {
  const { timeout, ipv4, ipv6 } = options;
  const seen = await recordExchange(target, {
    timeout,
    ...(ipv4 && { family: 4 as const }),
    ...(ipv6 && { family: 6 as const }),
  });
  const { url, from, error: failure } = seen;
  if (failure) return { title: `${escapeLine(url)}, the last datagram that came`, seen, failure };
  const address = from && formatAddress(from);
  return { title: url.endsWith(`//${address}`) ? url : `${escapeLine(url)} (${address})`, seen };
}

function seenInHex(text: string, chosen: WireProtocol | undefined): Seen {
  const { request, reply } = parseHex(text);
  const protocol = chosen ?? guessProtocol(request, reply);
  const pivot = Temporal.Now.instant();
  return { title: `Octets of ${protocol}`, seen: { protocol, request, reply, pivot } };
}

async function seenInFile(file: string, options: ExplainOptions): Promise<Seen> {
  const { exchange: number = 1, protocol } = options;
  const name = file === "-" ? "standard input" : escapeLine(file);
  const octets = await readInput(file, "timecli explain --capture");
  const { found, skipped } = exchangesIn(octets, name, protocol);
  const chosen = found[number - 1];
  if (!chosen) {
    const many = found.length === 1 ? "one exchange" : `${found.length} exchanges`;
    throw new CaptureError(
      found.length === 0
        ? `${name} has no datagram of a time service${skipped}`
        : `${name} has ${many}, and no number ${number}${skipped}`,
    );
  }
  const { request, reply } = chosen;
  const client = request?.from ?? reply?.to;
  const server = request?.to ?? reply?.from;
  const url = `${chosen.protocol}://${server && formatAddress(server)}`;
  const missing = request ? "" : ", of which the capture lacks the request";
  return {
    title: `${name}, exchange ${number} of ${found.length}: ${
      client && formatAddress(client)
    } and ${url}${missing}${skipped}`,
    seen: fromCapture(chosen),
    ...(!reply && { failure: new QueryError("timeout", `${name} has no reply from ${url}`) }),
  };
}

/** The exchanges of a capture, and in words what of it was not read. */
function exchangesIn(
  octets: Uint8Array,
  name: string,
  protocol: WireProtocol | undefined,
): { found: CapturedExchange[]; skipped: string } {
  try {
    const { datagrams, skipped } = readCapture(octets);
    const found = exchangesOf(datagrams, { protocol });
    const reasons = [...skipped].map(([reason, frames]) => `; ${frames} frames ${reason}`).join("");
    const isUnknown = found.length === 0 && datagrams.length > 0 && protocol === undefined;
    return {
      found,
      skipped: reasons || (isUnknown ? "; for other ports name the --protocol" : ""),
    };
  } catch (error) {
    if (!(error instanceof CaptureError)) throw error;
    throw new CaptureError(`Cannot read ${name}: ${error.message}`, { cause: error });
  }
}

function code(reason: keyof typeof queryExitCodes): string {
  return String(queryExitCodes[reason]).padStart(2);
}
