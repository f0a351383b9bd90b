/** The list of the exchanges of a capture: one row or JSON object each, as they are read. */
import type { CapturedExchange } from "../../../explain/capture/exchanges.ts";
import { explain } from "../../../explain/explain.ts";
import { fromCapture } from "../../../explain/record.ts";
import { formatAddress } from "../../../protocols/endpoint.ts";
import { escapeLine } from "../../../text/printable.ts";
import { formatMeasured, formatPlural, formatSeconds } from "../../../text/units.ts";
import { forLocale, printJson, writeText } from "../../shared/output.ts";
import { SCHEMA } from "./report.ts";

/** The widths of the columns but the last: rows are printed before the next one is known. */
const WIDTHS = [6, 26, 21, 27] as const;

/** Prints the exchanges of a capture. */
export class ExchangeList {
  readonly #isJson: boolean;
  #count = 0;

  constructor(isJson: boolean) {
    this.#isJson = isJson;
  }

  add(exchange: CapturedExchange): void {
    this.#count++;
    if (this.#isJson) printJson([toJson(exchange, this.#count)]);
    else {
      if (this.#count === 1) printRow(["NUMBER", "TIME (UTC)", "CLIENT", "SERVER"], "RESULT");
      printRow(cellsOf(exchange, this.#count), describe(exchange));
    }
  }

  /** Prints the last line; `source` is the name of the capture, and why frames were left out. */
  end(source: string): void {
    if (this.#isJson) return;
    const count = formatPlural(this.#count, "exchange");
    print(`\n${count} in ${source}. --exchange NUMBER explains one of them.`);
  }
}

function print(line: string): void {
  writeText(Deno.stdout, `${forLocale(line)}\n`);
}

function printRow(cells: readonly string[], last: string): void {
  print(`${cells.map((cell, i) => cell.padEnd(WIDTHS[i] ?? 0)).join("  ")}  ${last}`);
}

function cellsOf(exchange: CapturedExchange, number: number): string[] {
  const { client, server } = endsOf(exchange);
  const time = timeOf(exchange)?.toString({ fractionalSecondDigits: 6 }) ?? "";
  return [String(number), time.replace("T", " ").replace("Z", ""), client, server];
}

/** Both ends of an exchange, the server as a URL. */
export function endsOf(
  { protocol, request, reply }: CapturedExchange,
): { readonly client: string; readonly server: string } {
  const client = request?.from ?? reply?.to;
  const server = request?.to ?? reply?.from;
  return {
    client: client ? formatAddress(client) : "",
    server: `${protocol}://${server ? formatAddress(server) : ""}`,
  };
}

function timeOf({ request, reply }: CapturedExchange): Temporal.Instant | undefined {
  return request?.time ?? reply?.time;
}

function describe(exchange: CapturedExchange): string {
  if (!exchange.reply) return "no reply";
  const { failure, measurement } = explain(fromCapture(exchange));
  if (failure) return escapeLine(failure.message);
  if (!exchange.request) return "a reply without its request";
  const { offset, errorBound } = measurement ?? {};
  if (offset === undefined || errorBound === undefined) return "a reply";
  const [shown, bound] = [Number(offset) / 1e9, Number(errorBound) / 1e9];
  return `offset ${formatMeasured(shown, bound)} ± ${formatSeconds(bound)}`;
}

function toJson(exchange: CapturedExchange, number: number): Record<string, unknown> {
  const { protocol, reply } = exchange;
  const { client, server } = endsOf(exchange);
  const { failure, measurement } = explain(fromCapture(exchange));
  const { offset, errorBound } = measurement ?? {};
  const error = reply ? failure : { reason: "timeout", message: "The capture has no reply" };
  return {
    schema: SCHEMA,
    exchange: number,
    time: timeOf(exchange)?.toString({ fractionalSecondDigits: 9 }),
    protocol,
    client,
    server,
    ...(offset !== undefined && { offset: Number(offset) / 1e9 }),
    ...(errorBound !== undefined && { error_bound: Number(errorBound) / 1e9 }),
    ...(error && { error: { reason: error.reason, message: error.message } }),
  };
}
