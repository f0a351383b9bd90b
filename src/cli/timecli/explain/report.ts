/** The output of `timecli explain`: text of 80 columns, or JSON. */
import type { Explanation, TestVerdict } from "../../../explain/explanation.ts";
import type { WireField } from "../../../protocols/protocol.ts";
import { formatInstant, formatPlural } from "../../../text/units.ts";
import { drawTimeline, formatSteps } from "./measurement.ts";
import { painter } from "../../shared/output.ts";
import { wrapText } from "../../../text/printable.ts";

const WIDTH = 80;

export interface Explained {
  /** Its origin. */
  readonly title: string;
  readonly explanation: Explanation;
}

export type Paint = Readonly<Record<"bold" | "dim" | "good" | "bad", (text: string) => string>>;

/** Creates the styles of a stream: none unless it gets colours. */
export function createPaint(stream: Parameters<typeof painter>[0]): Paint {
  const [bold, dim, good, bad] = ["1", "2", "32", "1;31"].map((code) => painter(stream, code));
  return { bold, dim, good, bad } as Paint;
}

export function formatExplanation({ title, explanation }: Explained, paint: Paint): string {
  const { request, reply, tests, measurement, calculation, protocol, variant } = explanation;
  const { keyExchange } = explanation;
  const sections: string[][] = [
    [
      ...wrapText(title, WIDTH).map(paint.bold),
      ...(variant === undefined ? [] : wrapText(variant, WIDTH)),
    ],
    ...(keyExchange
      ? [
        formatDatagram("Key exchange, request", keyExchange.request, paint),
        formatDatagram("Key exchange, answer", keyExchange.answer, paint),
      ]
      : []),
    request ? formatDatagram("Request", request, paint) : [paint.bold("Request: not seen")],
    reply ? formatDatagram("Reply", reply, paint) : [paint.bold("Reply: none received")],
  ];
  if (tests.length > 0) {
    sections.push([paint.bold("Tests of the reply"), ...formatVerdicts(tests, paint)]);
  }
  if (measurement) {
    const title = protocol === "ntp" ? "The four times" : "The times";
    sections.push([paint.bold(title), ...drawTimeline(measurement)]);
    if (calculation) {
      sections.push([
        paint.bold("Calculation, in seconds"),
        ...formatSteps(measurement, calculation),
      ]);
    }
  }
  return sections.map((lines) => lines.join("\n")).join("\n\n");
}

/** Offset, octets and name have fixed widths; the meaning gets the rest. */
const RAW_WIDTH = 17;
const NAME_WIDTH = 19;
const MEANING_AT = 2 + 4 + 1 + RAW_WIDTH + 2 + NAME_WIDTH + 1;

/** The maximum number of rows of octets per field; further octets are counted. */
const MAX_ROWS = 8;
const ROW_OCTETS = 8;

function formatDatagram(name: string, fields: readonly WireField[], paint: Paint): string[] {
  const last = fields.at(-1);
  const length = last ? last.offset + last.octets.length : 0;
  const title = paint.bold(`${name}: ${formatPlural(length, "octet")}`);
  if (length === 0) return [`${title}, and so no content`];
  return [title, ...fields.flatMap((field) => formatField(field, paint))];
}

function formatField({ name, offset, octets, bits, meaning }: WireField, { dim }: Paint): string[] {
  const rows: { at: string; raw: string }[] = [];
  for (let from = 0; from < octets.length; from += ROW_OCTETS) {
    if (rows.length === MAX_ROWS) {
      rows.push({ at: "", raw: `… ${octets.length - from} more` });
      break;
    }
    const raw = octets.subarray(from, from + ROW_OCTETS).toHex().replace(/(.{8})(?=.)/, "$1 ");
    if (bits === undefined) rows.push({ at: String(offset + from), raw });
    // An octet that has several fields is shown beside the first of them.
    else if (!bits.startsWith(".")) rows.push({ at: String(offset), raw: `${raw}  ${bits}` });
    else rows.push({ at: "", raw: `    ${bits}` });
  }
  const words = wrapText(meaning, WIDTH - MEANING_AT);
  return Array.from({ length: Math.max(rows.length, words.length) }, (_, i) => {
    const { at = "", raw = "" } = rows[i] ?? {};
    const label = i === 0 ? name : "";
    return `  ${dim(at.padStart(4))} ${raw.padEnd(RAW_WIDTH)}  ${label.padEnd(NAME_WIDTH)} ${
      words[i] ?? ""
    }`.trimEnd();
  });
}

const TEST_WIDTH = 43;

function formatVerdicts(tests: readonly TestVerdict[], paint: Paint): string[] {
  const words = {
    passed: paint.good("ok  "),
    failed: paint.bad("FAIL"),
    unknown: paint.dim("--  "),
  };
  return tests.flatMap(({ name, source, result, detail }, i) => [
    `  ${words[result]}  ${name.padEnd(TEST_WIDTH)}  ${paint.dim(source)}`,
    // A detail that several tests in a row share is printed once, after the last.
    ...(detail === undefined || detail === tests[i + 1]?.detail
      ? []
      : wrapText(detail, WIDTH - 10).map((line) => `          ${line}`)),
  ]);
}

/** The version of docs/timecli_explain.schema.json: a key that is renamed, removed or redefined makes a new one. */
export const SCHEMA = 1;

/** The JSON object of an explanation, but for its failure; durations in seconds. */
export function explanationToJson({ title, explanation }: Explained): Record<string, unknown> {
  const { request, reply, tests, measurement, calculation, protocol, variant } = explanation;
  return {
    schema: SCHEMA,
    seen: title,
    protocol,
    ...(variant !== undefined && { variant }),
    ...(explanation.keyExchange && {
      key_exchange: {
        request: { fields: explanation.keyExchange.request.map(fieldToJson) },
        answer: { fields: explanation.keyExchange.answer.map(fieldToJson) },
      },
    }),
    ...(request && { request: { fields: request.map(fieldToJson) } }),
    ...(reply && { reply: { fields: reply.map(fieldToJson) } }),
    tests,
    ...(measurement && {
      times: Object.fromEntries(
        Object.entries(measurement.times).map(([name, time]) => [name, formatInstant(time)]),
      ),
      ...(measurement.offset !== undefined && { offset: toSeconds(measurement.offset) }),
      ...(measurement.errorBound !== undefined &&
        { error_bound: toSeconds(measurement.errorBound) }),
      ...(measurement.ntp && {
        delay: toSeconds(measurement.ntp.delay),
        root_distance: toSeconds(measurement.ntp.rootDistance),
      }),
    }),
    ...(calculation && {
      calculation: calculation.map((step) => ({ ...step, value: toSeconds(step.value) })),
    }),
  };
}

function fieldToJson({ name, offset, octets, bits, meaning }: WireField): Record<string, unknown> {
  const raw = { name, offset, length: octets.length, hex: octets.toHex() };
  return { ...raw, ...(bits !== undefined && { bits }), meaning };
}

function toSeconds(nanoseconds: bigint): number {
  return Number(nanoseconds) / 1e9;
}
