/** What `timecli explain` shows of an explanation, 80 columns wide. */
import type { Explanation, TestVerdict } from "../../../explain/explanation.ts";
import type { WireField } from "../../../protocols/protocol.ts";
import { formatInstant, formatPlural } from "../../../text/units.ts";
import { workedOut } from "./explain_steps.ts";
import { timeline } from "./explain_timeline.ts";
import { painter } from "../../shared/output.ts";
import { wrapText } from "../../../text/printable.ts";

const WIDTH = 80;

/** An exchange and where it is from. */
export interface Explained {
  /** Where it was seen, in a few words. */
  readonly title: string;
  readonly explanation: Explanation;
}

/** How to set text apart. */
export interface Paint {
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly good: (text: string) => string;
  readonly bad: (text: string) => string;
}

/** Colours for a stream, or none. */
export function paintFor(stream: Parameters<typeof painter>[0]): Paint {
  const [bold, dim, good, bad] = ["1", "2", "32", "1;31"].map((code) => painter(stream, code));
  return { bold, dim, good, bad } as Paint;
}

/** The whole of it. */
export function explainedText({ title, explanation }: Explained, paint: Paint): string {
  const { request, reply, tests, measurement, protocol, variant } = explanation;
  const sections: string[][] = [
    [
      ...wrapText(title, WIDTH).map(paint.bold),
      ...(variant === undefined ? [] : wrapText(variant, WIDTH)),
    ],
    request ? datagram("Request", request, paint) : [paint.bold("Request: not seen")],
    reply ? datagram("Reply", reply, paint) : [paint.bold("Reply: none received")],
  ];
  if (tests.length > 0) {
    sections.push([paint.bold("Tests of the reply"), ...verdicts(tests, paint)]);
  }
  if (measurement) {
    const title = protocol === "ntp" ? "The four times" : "The times";
    sections.push([paint.bold(title), ...timeline(measurement)]);
    if (measurement.offset !== undefined) {
      sections.push([paint.bold("Worked out, in seconds"), ...workedOut(measurement)]);
    }
  }
  return sections.map((lines) => lines.join("\n")).join("\n\n");
}

/** Offset, raw octets and name come first; the meaning has what is left. */
const RAW_WIDTH = 17;
const NAME_WIDTH = 19;
const MEANING_AT = 2 + 4 + 1 + RAW_WIDTH + 2 + NAME_WIDTH + 1;

/** Rows of eight octets that are shown of a field; the rest is counted. */
const MOST_ROWS = 8;
const ROW_OCTETS = 8;

function datagram(name: string, fields: readonly WireField[], paint: Paint): string[] {
  const last = fields.at(-1);
  const length = last ? last.offset + last.octets.length : 0;
  const title = paint.bold(`${name}: ${formatPlural(length, "octet")}`);
  if (length === 0) return [`${title}, and so no content`];
  return [title, ...fields.flatMap((field) => fieldLines(field, paint))];
}

function fieldLines({ name, offset, octets, bits, meaning }: WireField, { dim }: Paint): string[] {
  const rows: { at: string; raw: string }[] = [];
  for (let from = 0; from < octets.length; from += ROW_OCTETS) {
    if (rows.length === MOST_ROWS) {
      rows.push({ at: "", raw: `… ${octets.length - from} more` });
      break;
    }
    const raw = octets.subarray(from, from + ROW_OCTETS).toHex().replace(/(.{8})(?=.)/, "$1 ");
    if (bits === undefined) rows.push({ at: String(offset + from), raw });
    // The octet stands beside the first bits of it.
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

function verdicts(tests: readonly TestVerdict[], paint: Paint): string[] {
  const words = {
    passed: paint.good("ok  "),
    failed: paint.bad("FAIL"),
    unknown: paint.dim("--  "),
  };
  return tests.flatMap(({ name, source, result, detail }, i) => [
    `  ${words[result]}  ${name.padEnd(TEST_WIDTH)}  ${paint.dim(source)}`,
    // What is the same of several in a row is said after the last.
    ...(detail === undefined || detail === tests[i + 1]?.detail
      ? []
      : wrapText(detail, WIDTH - 10).map((line) => `          ${line}`)),
  ]);
}

/** Of docs/timecli_explain.schema.json; a key that is renamed, removed or read otherwise makes it another. */
const SCHEMA = 1;

/** The same as data; durations in seconds. */
export function explainedJson({ title, explanation }: Explained): Record<string, unknown> {
  const { request, reply, tests, failure, measurement, protocol, variant } = explanation;
  return {
    schema: SCHEMA,
    seen: title,
    protocol,
    ...(variant !== undefined && { variant }),
    ...(request && { request: { fields: request.map(fieldJson) } }),
    ...(reply && { reply: { fields: reply.map(fieldJson) } }),
    tests,
    ...(measurement && {
      times: Object.fromEntries(
        Object.entries(measurement.times).map(([name, time]) => [name, formatInstant(time)]),
      ),
      ...(measurement.offset !== undefined && { offset: seconds(measurement.offset) }),
      ...(measurement.errorBound !== undefined && { error_bound: seconds(measurement.errorBound) }),
      ...(measurement.ntp && {
        delay: seconds(measurement.ntp.delay),
        root_distance: seconds(measurement.ntp.rootDistance),
      }),
    }),
    ...(failure && { error: failure }),
  };
}

function fieldJson({ name, offset, octets, bits, meaning }: WireField): Record<string, unknown> {
  const raw = { name, offset, length: octets.length, hex: octets.toHex() };
  return { ...raw, ...(bits !== undefined && { bits }), meaning };
}

function seconds(nanoseconds: bigint): number {
  return Number(nanoseconds) / 1e9;
}
