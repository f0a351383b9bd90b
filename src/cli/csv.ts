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
  const names = [...columns, ...(raw ? rawColumns : [])];
  const header = [...names, "error_reason", "error_message"];
  const rows = outcomes.map((outcome) => {
    const { error, ...values } = jsonOf(outcome, raw) as Record<string, unknown> & {
      readonly error?: { readonly reason: string; readonly message: string };
    };
    return [...names.map((name) => values[name]), error?.reason, error?.message];
  });
  return [header, ...rows].map((row) => `${row.map(cell).join(",")}\r\n`).join("");
}

function cell(value: unknown): string {
  const text = Array.isArray(value) ? value.join("; ") : String(value ?? "");
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
