/** The objects of `--json` as comma-separated values (RFC 4180): a header, and one row per object. */
import type { ProtocolRecord } from "../../../protocols/protocol.ts";
import { protocols } from "../../../protocols/registry.ts";
import { escapeText } from "../../../text/printable.ts";

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

/** The beginning of what a spreadsheet may take for a formula, in full width also. */
const FORMULA = /^\s*[=+\-@\uff1d\uff0b\uff0d\uff20]|^[\t\r\n]/;

/** What begins with a sign and is none: a number, an offset from UTC, a time of a year beyond 9999. */
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
