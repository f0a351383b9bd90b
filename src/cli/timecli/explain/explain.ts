/** `timecli explain`: an exchange, live, in hexadecimal or from a capture, explained octet by octet. */
import type { ExchangeOptions } from "../../../client/exchange.ts";
import { CaptureError } from "../../../explain/capture/frame.ts";
import type { CapturedExchange } from "../../../explain/capture/exchanges.ts";
import { readExchanges } from "../../../explain/capture/read_exchanges.ts";
import { explain } from "../../../explain/explain.ts";
import type { SeenExchange } from "../../../explain/explanation.ts";
import { guessProtocol } from "../../../explain/wire_formats.ts";
import { fromCapture, recordExchange } from "../../../explain/record.ts";
import { file, flag, oneOf, text, whole } from "../../../options/field.ts";
import { pickOptions } from "../../../options/read.ts";
import { formatEndpoint, parseTarget } from "../../../protocols/endpoint.ts";
import { QueryError } from "../../../protocols/failure.ts";
import { type WireProtocol, wireProtocols } from "../../../protocols/registry.ts";
import { escapeLine } from "../../../text/printable.ts";
import { formatPlural } from "../../../text/units.ts";
import { isGranted } from "../../../system/permission.ts";
import { type Arguments, defineCommand } from "../../shared/command.ts";
import { isStandardInput } from "../../shared/files.ts";
import { forLocale, printJson, writeText } from "../../shared/output.ts";
import { checkUrls, UsageError } from "../../shared/errors.ts";
import { jsonField, networkFields, networkOf, targetOffers, timeoutField } from "../options.ts";
import { errorToJson } from "../query/json.ts";
import { DEFAULT_TARGET } from "../query/query.ts";
import { formatServer } from "../query/report.ts";
import { createPaint, type Explained, explanationToJson, formatExplanation } from "./report.ts";
import { parseHex, readInput } from "./input.ts";
import { endsOf, ExchangeList } from "./list.ts";

const exchangeFields = { timeout: timeoutField("time limit") };

const groups = {
  "Query:": { ...exchangeFields, ...networkFields },
  "Input instead of a query:": {
    hex: text("two datagrams", () => {}, {
      name: "hex",
      // Two datagrams of any length, each octet with a blank and a prefix.
      maxLength: 2 * 65_536 * 5,
      syntax: "<request/reply>",
      help: "two datagrams in hexadecimal",
      conflicts: ["capture"],
    }),
    capture: file({
      name: "capture",
      help: "a pcap or pcapng file; - for standard input",
    }),
    exchange: whole(1, Infinity, {
      name: "exchange",
      syntax: "<number>",
      help: "explain this exchange of the capture",
      default: "list them if there are several",
    }),
    list: flag({
      name: "list",
      help: "list the exchanges of the capture",
      conflicts: ["exchange"],
    }),
    protocol: oneOf(wireProtocols, {
      name: "protocol",
      syntax: "<name>",
      help: "protocol of the datagrams",
      default: "by port and form",
    }),
    port: whole(1, 65_535, {
      name: "port",
      syntax: "<port>",
      help: "port of the servers in the capture",
      default: "the protocol's",
    }),
  },
  "Output:": { json: jsonField },
} as const;

type ExplainValues = Arguments<typeof groups>["values"];

const NOTES = `
Examples:
  timecli explain ntp://time.example
  timecli explain --hex "/ 83aa7e80"
  timecli explain --capture lan.pcapng
  timecli explain --capture lan.pcapng --exchange 2
  tcpdump -w - -c 2 port 123 | timecli explain --capture -
`;

export const command = defineCommand({
  name: "explain",
  description:
    "Shows a request and its reply octet by octet, and what a client concludes from them.",
  positionals: [{
    name: "target",
    help: `server to query: [PROTOCOL://]HOST[:PORT] (default: ${DEFAULT_TARGET})`,
    offers: targetOffers,
  }],
  groups,
  notes: NOTES,
  hint: "Exit codes: 0 the reply passed every test, 1 the capture cannot be read or has no such " +
    "exchange, 2 wrong command line; otherwise the failure, as timecli.",
  run,
});

async function run(
  { values, positionals: [target], sources }: Arguments<typeof groups>,
): Promise<void> {
  checkInput(target, values, sources);
  const isLive = values.hex === undefined && values.capture === undefined;
  const targets = isLive ? [target ?? DEFAULT_TARGET] : [];
  const network = await networkOf({ values, sources }, targets);
  const found = values.hex !== undefined
    ? seenInHex(values.hex, values.protocol)
    : values.capture !== undefined
    ? await seenInFile(values.capture, values)
    : await seenLive(target ?? DEFAULT_TARGET, values, network);
  if (found === undefined) return;
  const { title, seen, failure } = found;
  const explained: Explained = { title, explanation: explain({ ...seen, keys: network.keys }) };
  const { failure: problem } = explained.explanation;
  const error = failure ?? (problem && new QueryError(problem.reason, problem.message));
  if (values.json) {
    printJson([{ ...explanationToJson(explained), ...(error && { error: errorToJson(error) }) }]);
  } else {
    const text = formatExplanation(explained, createPaint(Deno.stdout));
    writeText(Deno.stdout, forLocale(`${text}\n`));
  }
  if (error) throw error;
}

function checkInput(
  target: string | undefined,
  { hex, capture }: ExplainValues,
  sources: Arguments["sources"],
): void {
  const input = hex !== undefined ? "--hex" : capture !== undefined ? "--capture" : undefined;
  if (target !== undefined && input !== undefined) {
    const purpose = hex !== undefined ? "decodes datagrams" : "reads a file";
    throw new UsageError(`${input} ${purpose} and queries no server: remove ${escapeLine(target)}`);
  }
  // An option of the environment is for the inputs that have it.
  const isGiven = (option: string): boolean => sources.get(option) === "arguments";
  const ofCapture = capture === undefined && ["exchange", "list", "port"].find(isGiven);
  if (ofCapture) throw new UsageError(`--${ofCapture} needs --capture`);
  if (isGiven("protocol") && input === undefined) {
    throw new UsageError("--protocol is for --hex and --capture; a target names its own");
  }
  if (target === undefined) return;
  if (/\.p?cap(ng)?(\.gz)?$/.test(target) || isFile(target)) {
    throw new UsageError(`${escapeLine(target)} is a file, not a server: use --capture`);
  }
  checkUrls([target]);
}

function isFile(path: string): boolean {
  try {
    return isGranted({ name: "read", path }) && Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

/** An exchange, its origin, and a failure that its octets do not show. */
interface Seen {
  readonly title: string;
  readonly seen: SeenExchange;
  readonly failure?: QueryError;
}

async function seenLive(
  target: string,
  values: ExplainValues,
  network: ExchangeOptions,
): Promise<Seen> {
  const options = { ...pickOptions(exchangeFields, values), ...network };
  const seen = await recordExchange(target, options).catch((error) => {
    // Without a datagram there is nothing to show, but programs get the reason.
    if (values.json && error instanceof QueryError) return error;
    throw error;
  });
  if (seen instanceof QueryError) {
    const endpoint = parseTarget(target);
    const protocol = endpoint.protocol === "auto" ? "asctime" : endpoint.protocol;
    const pivot = Temporal.Now.instant();
    return { title: formatEndpoint(endpoint), seen: { protocol, pivot }, failure: seen };
  }
  const { url, from, error: failure } = seen;
  if (failure) return { title: `${escapeLine(url)}, the last datagram received`, seen, failure };
  return { title: from ? formatServer({ url, from }) : escapeLine(url), seen };
}

function seenInHex(text: string, chosen: WireProtocol | undefined): Seen {
  const { request, reply } = parseHex(text);
  const protocol = chosen ?? guessProtocol(request, reply);
  const pivot = Temporal.Now.instant();
  return { title: `Octets of ${protocol}`, seen: { protocol, request, reply, pivot } };
}

/** Reads one exchange of a capture; undefined if it has listed all of them. */
async function seenInFile(file: string, options: ExplainValues): Promise<Seen | undefined> {
  const { exchange: wanted } = options;
  const name = isStandardInput(file) ? "standard input" : escapeLine(file);
  const { chosen, count, skipped } = await findInFile(file, name, options);
  if (count === 0) throw new CaptureError(`${name} has no datagram of a time service${skipped}`);
  if (!chosen && wanted === undefined) return undefined;
  if (!chosen) {
    const many = count === 1 ? "one exchange" : `${count} exchanges`;
    throw new CaptureError(`${name} has ${many}, and no number ${wanted}${skipped}`);
  }
  const { client, server: url } = endsOf(chosen);
  const missing = chosen.request ? "" : ", of which the capture lacks the request";
  return {
    title: `${name}, exchange ${wanted ?? 1} of ${count}: ${client} and ${url}${missing}${skipped}`,
    seen: fromCapture(chosen),
    ...(!chosen.reply &&
      { failure: new QueryError("timeout", `${name} has no reply from ${url}`) }),
  };
}

/**
 * Finds the exchange that is wanted, or the only one; lists all of them if there are several or that is wanted.
 * It also counts them, and says in words why frames were left out.
 */
async function findInFile(
  file: string,
  name: string,
  { exchange: wanted, list, json = false, protocol, port }: ExplainValues,
): Promise<{ chosen: CapturedExchange | undefined; count: number; skipped: string }> {
  const range = wanted === undefined ? {} : { first: wanted, last: wanted };
  const found = readExchanges(readInput(file), { protocol, port, ...range });
  let chosen: CapturedExchange | undefined;
  let listed = list ? new ExchangeList(json) : undefined;
  try {
    for await (const each of found) {
      // A second one makes it a list.
      if (!listed && chosen) (listed = new ExchangeList(json)).add(chosen);
      if (listed) listed.add(each);
      else chosen = each;
    }
  } catch (error) {
    if (!(error instanceof CaptureError)) throw error;
    throw new CaptureError(`Cannot read ${name}: ${error.message}`, { cause: error });
  }
  const { exchanges: count, datagrams, skipped } = found;
  const reasons = [...skipped].map(([reason, frames]) =>
    `; ${formatPlural(frames, "frame")} ${reason}`
  ).join("");
  const isUnknown = count === 0 && datagrams > 0 && port === undefined;
  const advice = isUnknown ? "; for other ports name --protocol and --port" : "";
  const remarks = reasons || advice;
  if (listed && count > 0) listed.end(`${name}${remarks}`);
  return { chosen: listed ? undefined : chosen, count, skipped: remarks };
}
