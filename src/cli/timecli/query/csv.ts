/** The objects of `--json` as comma-separated values (RFC 4180): a header, and one row per object. */
import type { ProtocolRecord } from "../../../protocols/protocol.ts";
import { protocols } from "../../../protocols/registry.ts";

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

function formatCell(value: unknown): string {
  const text = Array.isArray(value) ? value.join("; ") : String(value ?? "");
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
