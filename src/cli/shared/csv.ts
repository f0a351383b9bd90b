/** What `--json` prints as comma-separated values (RFC 4180): a header, and a row an object. */
import type { ProtocolRecord } from "../../protocols/protocol.ts";
import { protocols } from "../../protocols/registry.ts";
import { jsonOf, type Outcome } from "../timecli/query/report.ts";

/** The keys that all replies have, and those of each protocol; later versions may add others at the end. */
const columns = [
  ...["url", "protocol", "address", "port", "text", "time", "utc_offset", "received", "round_trip"],
  ...keysOf("keys"),
  "warnings",
];

const rawColumns = keysOf("rawKeys");

function keysOf(kind: "keys" | "rawKeys"): string[] {
  const records: ProtocolRecord[] = Object.values(protocols);
  const keys = new Set(records.flatMap((record) => record[kind] ?? []));
  return [...keys].filter((key) => key !== "utc_offset");
}

/** Those of several exchanges, which are not in it one by one. */
const samplesColumns = [
  ...["jitter", "median_offset", "min_delay", "max_delay"],
  ...["frequency_ppm", "frequency_bound_ppm", "requests", "loss"],
];

/** The whole of it, line ends included; what a target has not is empty. */
export function csvOf(outcomes: readonly Outcome[], raw: boolean): string {
  return csvTable(outcomes.map((outcome) => jsonOf(outcome, raw)), namesOf(raw));
}

/**
 * The same of what several exchanges told.
 *
 * @param objects A JSON object a server
 * @param raw Whether they have the fields of the packet
 * @param more Further keys of theirs
 */
export function samplesCsv(
  objects: readonly Record<string, unknown>[],
  raw: boolean,
  more: readonly string[] = [],
): string {
  return csvTable(objects, [...namesOf(raw), ...samplesColumns, ...more]);
}

/** The names of the columns. */
export function csvHeader(raw: boolean): string {
  return header(namesOf(raw));
}

/** One row. */
export function csvRow(outcome: Outcome, raw: boolean): string {
  return row(jsonOf(outcome, raw), namesOf(raw));
}

function namesOf(raw: boolean): string[] {
  return [...columns, ...(raw ? rawColumns : [])];
}

function csvTable(objects: readonly Record<string, unknown>[], names: readonly string[]): string {
  const rows = objects.map((object) => row(object, names));
  return [header(names), ...rows].map((line) => `${line}\r\n`).join("");
}

function header(names: readonly string[]): string {
  return [...names, "error_reason", "error_message"].join(",");
}

function row(object: Record<string, unknown>, names: readonly string[]): string {
  const { error, ...values } = object as Record<string, unknown> & {
    readonly error?: { readonly reason: string; readonly message: string };
  };
  const cells = [...names.map((name) => values[name]), error?.reason, error?.message];
  return cells.map(cell).join(",");
}

/** A value as a row has it. */
export function cell(value: unknown): string {
  const text = Array.isArray(value) ? value.join("; ") : String(value ?? "");
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
