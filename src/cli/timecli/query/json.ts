/** Replies as JSON, and the same objects as CSV; docs/output.md describes the keys. */
import { formatEndpoint, parseTarget } from "../../../protocols/endpoint.ts";
import { QueryError } from "../../../protocols/failure.ts";
import type { ProtocolRecord } from "../../../protocols/protocol.ts";
import { protocols, type TimeReply } from "../../../protocols/registry.ts";
import { toSeconds } from "../../../text/duration.ts";
import { escapeText } from "../../../text/printable.ts";
import { formatInstant } from "../../../text/units.ts";
import { formatError } from "../../shared/errors.ts";
import { printJson, writeText } from "../../shared/output.ts";
import type { Outcome } from "./report.ts";

/** The version of docs/timecli.schema.json: a key that is renamed, removed or redefined makes a new one. */
export const SCHEMA = 1;

/** The JSON object of one outcome; times in ISO 8601, durations in seconds. */
export function outcomeToJson(
  { target, reply, error }: Outcome,
  raw: boolean,
): Record<string, unknown> {
  return {
    schema: SCHEMA,
    url: reply?.url ?? normalizeUrl(target),
    ...(reply && replyToJson(reply, raw)),
    ...(error !== undefined && { error: errorToJson(error) }),
  };
}

function replyToJson(reply: TimeReply, raw: boolean): Record<string, unknown> {
  const record: ProtocolRecord = protocols[reply.protocol];
  return {
    protocol: reply.protocol,
    address: reply.from.hostname,
    port: reply.from.port,
    // A protocol in binary has no text of its own.
    ...(reply.hasTime && record.hasOffset !== true && { text: reply.text }),
    ...(reply.hasTime && { time: formatTime(reply) }),
    received: formatInstant(reply.receivedAt),
    round_trip: toSeconds(reply.roundTrip),
    ...record.toJson?.(reply, raw),
    ...(reply.warnings.length > 0 && { warnings: reply.warnings }),
  };
}

/** Formats the time of a reply with the digits that its protocol has, always as many. */
function formatTime({ protocol, time }: TimeReply): string {
  return protocol === "ntp" ? formatInstant(time) : time.toString();
}

/** The URL of a target with its port; a target that cannot be read stays as it is. */
function normalizeUrl(target: string): string {
  try {
    return formatEndpoint(parseTarget(target));
  } catch {
    return target;
  }
}

export function errorToJson(error: unknown): Record<string, unknown> {
  return {
    reason: error instanceof QueryError ? error.reason : "failed",
    message: formatError(error),
  };
}

const errorColumns = ["error_reason", "error_message"];

/** The keys of several exchanges together; the exchanges themselves are in JSON only. */
const samplesColumns = [
  ...["jitter", "median_offset", "min_delay", "max_delay"],
  ...["frequency_ppm", "frequency_bound_ppm", "requests", "loss"],
];

/** The keys of all replies, and those of each protocol; later versions may add others at the end. */
function replyKeys(raw: boolean): string[] {
  return [
    ...["url", "protocol", "address", "port", "text", "time", "utc_offset"],
    ...["received", "round_trip"],
    ...keysOf("keys"),
    "warnings",
    ...(raw ? keysOf("rawKeys") : []),
  ];
}

function keysOf(kind: "keys" | "rawKeys"): string[] {
  const records: ProtocolRecord[] = Object.values(protocols);
  const keys = new Set(records.flatMap((record) => record[kind] ?? []));
  return [...keys].filter((key) => key !== "utc_offset");
}

/** The columns of a reply or of its failure; with `raw` also the fields of the packet. */
export function replyColumns(raw: boolean): readonly string[] {
  return [...replyKeys(raw), ...errorColumns];
}

export function sampleColumns(raw: boolean, more: readonly string[] = []): readonly string[] {
  return [...replyKeys(raw), ...samplesColumns, ...more, ...errorColumns];
}

export function formatCsv(
  objects: readonly Record<string, unknown>[],
  columns: readonly string[],
): string {
  const rows = objects.map((object) => formatCsvRow(object, columns));
  return [columns.join(","), ...rows].map((line) => `${line}\r\n`).join("");
}

/** Prints objects for programs: as JSON, or as CSV with these columns. */
export function printObjects(
  objects: readonly Record<string, unknown>[],
  { csv, columns }: { readonly csv: boolean; readonly columns: readonly string[] },
): void {
  if (csv) writeText(Deno.stdout, formatCsv(objects, columns));
  else printJson(objects);
}

/** Formats the row of a JSON object, without its end; a key that it lacks is empty. */
export function formatCsvRow(
  object: Readonly<Record<string, unknown>>,
  columns: readonly string[],
): string {
  const { reason, message } = (object["error"] ?? {}) as Record<string, unknown>;
  const values: Record<string, unknown> = {
    ...object,
    error_reason: reason,
    error_message: message,
  };
  return columns.map((name) => formatCell(values[name])).join(",");
}

/** The beginning of a text that a spreadsheet may take for a formula, in full width also. */
const FORMULA = /^\s*[=+\-@\uff1d\uff0b\uff0d\uff20]|^[\t\r\n]/;

/** Texts that begin with a sign and are no formula: a number, an offset from UTC, a time of a year beyond 9999. */
const SIGNED = /^[+-](?:\d+(?:\.\d+)?|\d\d:\d\d|\d{6}-\d\d-\d\dT[\d:.]+Z?)$/;

/** Formats a cell. A text of others must not run in a spreadsheet: an apostrophe makes it a text there. */
function formatCell(value: unknown): string {
  const written = Array.isArray(value) ? value.join("; ") : String(value ?? "");
  const isText = typeof value !== "number" && FORMULA.test(written) && !SIGNED.test(written);
  // Line breaks may be in a cell, in quotes.
  const text = written.split(/([\r\n])/).map((part, i) => i % 2 === 0 ? escapeText(part) : part);
  const cell = `${isText ? "'" : ""}${text.join("")}`;
  return /[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}
