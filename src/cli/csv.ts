/** Outcomes as comma-separated values (RFC 4180): a header, and a row a target. */
import { jsonOf, type Outcome } from "./report.ts";

/** In this order; later versions may add others at the end. */
const columns = [
  ...["url", "protocol", "address", "port", "text", "time", "utc_offset", "received", "round_trip"],
  ...["offset", "error_bound", "delay", "root_distance", "stratum", "reference_id", "leap"],
  "warnings",
];

const rawColumns = [
  ...["t1", "t2", "t3", "t4", "version", "mode", "poll", "precision"],
  ...["root_delay", "root_dispersion", "reference_id_hex", "reference_timestamp"],
  ...["origin_timestamp", "receive_timestamp", "transmit_timestamp"],
];

/** The whole of it, line ends included; what a target has not is empty. */
export function csvOf(outcomes: readonly Outcome[], raw: boolean): string {
  const rows = outcomes.map((outcome) => csvRow(outcome, raw));
  return [csvHeader(raw), ...rows].map((row) => `${row}\r\n`).join("");
}

/** The names of the columns. */
export function csvHeader(raw: boolean): string {
  return [...namesOf(raw), "error_reason", "error_message"].join(",");
}

/** One row. */
export function csvRow(outcome: Outcome, raw: boolean): string {
  const { error, ...values } = jsonOf(outcome, raw) as Record<string, unknown> & {
    readonly error?: { readonly reason: string; readonly message: string };
  };
  const cells = [...namesOf(raw).map((name) => values[name]), error?.reason, error?.message];
  return cells.map(cell).join(",");
}

function namesOf(raw: boolean): string[] {
  return [...columns, ...(raw ? rawColumns : [])];
}

/** A value as a row has it. */
export function cell(value: unknown): string {
  const text = Array.isArray(value) ? value.join("; ") : String(value ?? "");
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
