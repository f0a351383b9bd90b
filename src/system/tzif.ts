/** Files of the time zone database (TZif, RFC 8536). */
import { parsePosixZone, type ZoneOffset } from "./posix_zone.ts";

const MAGIC = 0x545a6966; // "TZif"
const HEADER_LENGTH = 44;
const TYPE_LENGTH = 6;

interface Counts {
  readonly utIndicators: number;
  readonly standardIndicators: number;
  readonly leaps: number;
  readonly transitions: number;
  readonly types: number;
  readonly letters: number;
}

/**
 * Parses a file of the time zone database.
 *
 * @throws {SyntaxError} If it is not such a file, or damaged
 */
export function readTzif(octets: Uint8Array): ZoneOffset {
  try {
    return read(new DataView(octets.buffer, octets.byteOffset, octets.byteLength), octets);
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new SyntaxError("truncated time zone file", { cause });
  }
}

function read(view: DataView, octets: Uint8Array): ZoneOffset {
  const version = versionAt(view, 0);
  // The first block has 32-bit times; version 2 added one with 64-bit times.
  if (version === 1) return readBlock(view, HEADER_LENGTH, countsAt(view, 0), 4, "");
  const second = HEADER_LENGTH + blockLength(countsAt(view, 0), 4);
  versionAt(view, second);
  const counts = countsAt(view, second);
  const start = second + HEADER_LENGTH;
  const footer = new TextDecoder().decode(octets.subarray(start + blockLength(counts, 8)));
  const [, rule = ""] = /^\n([^\n]{0,100})\n/.exec(footer) ?? [];
  return readBlock(view, start, counts, 8, rule);
}

function versionAt(view: DataView, at: number): number {
  if (view.getUint32(at) !== MAGIC) throw new SyntaxError("not a time zone file (TZif, RFC 8536)");
  const version = view.getUint8(at + 4);
  return version === 0 ? 1 : version - 0x30;
}

function countsAt(view: DataView, at: number): Counts {
  // In the order of the header (RFC 8536 §3.1).
  return {
    utIndicators: view.getUint32(at + 20),
    standardIndicators: view.getUint32(at + 24),
    leaps: view.getUint32(at + 28),
    transitions: view.getUint32(at + 32),
    types: view.getUint32(at + 36),
    letters: view.getUint32(at + 40),
  };
}

function blockLength(counts: Counts, timeLength: number): number {
  return counts.transitions * (timeLength + 1) + counts.types * TYPE_LENGTH + counts.letters +
    counts.leaps * (timeLength + 4) + counts.standardIndicators + counts.utIndicators;
}

function readBlock(
  view: DataView,
  start: number,
  counts: Counts,
  timeLength: 4 | 8,
  rule: string,
): ZoneOffset {
  if (start + blockLength(counts, timeLength) > view.byteLength || counts.types === 0) {
    throw new SyntaxError("truncated time zone file");
  }
  const timeAt = (at: number): number =>
    timeLength === 4 ? view.getInt32(at) : Number(view.getBigInt64(at));
  const indices = start + counts.transitions * timeLength;
  const types = indices + counts.transitions;
  const leaps = types + counts.types * TYPE_LENGTH + counts.letters;
  const transitions = Array.from(
    { length: counts.transitions },
    (_, i) => timeAt(start + i * timeLength),
  );
  const offsetOf = (type: number): number => {
    if (type >= counts.types) throw new SyntaxError("time zone file with an undefined type");
    return view.getInt32(types + type * TYPE_LENGTH);
  };
  const offsets = transitions.map((_, i) => offsetOf(view.getUint8(indices + i)));
  const corrections = Array.from({ length: counts.leaps }, (_, i) => {
    const at = leaps + i * (timeLength + 4);
    return { from: timeAt(at), seconds: view.getInt32(at + timeLength) };
  });
  const before = offsetOf(0);
  const after = rule === "" ? undefined : parsePosixZone(rule);
  return (unixSeconds) => {
    // The zones in right/ count leap seconds, and assume that the system's time counts them too.
    const leap = corrections.findLast(({ from }) => from <= unixSeconds)?.seconds ?? 0;
    const last = transitions.at(-1) ?? -Infinity;
    if (after !== undefined && unixSeconds >= last) return after(unixSeconds - leap) - leap;
    const next = firstAfter(transitions, unixSeconds);
    return (offsets[next - 1] ?? before) - leap;
  };
}

function firstAfter(moments: readonly number[], moment: number): number {
  let [low, high] = [0, moments.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((moments[middle] as number) > moment) high = middle;
    else low = middle + 1;
  }
  return low;
}
