/** Random texts, made of those that are almost right. */
import type { Random } from "../random.ts";

/** What other options, addresses and formats are made of. */
export const words: readonly string[] = [
  ...[
    "0",
    "1",
    "-1",
    "+1",
    "1.5",
    ".5",
    "5.",
    "1e9",
    "1e400",
    "-0",
    "00",
    "9".repeat(30),
    "NaN",
    "Infinity",
  ],
  ...[
    "0x10",
    "1_000",
    "٣",
    "²",
    "½",
    "10s",
    "50ms",
    "1h30m",
    "-1d",
    "PT1H",
    "P1D",
    "-PT0.000000001S",
    "P",
  ],
  ...[
    "2x",
    "-0.5",
    "+50ppm",
    "50%",
    "1/s",
    "10/s,5",
    "off",
    "none",
    "insert",
    "delete",
    "auto",
    "true",
  ],
  ...[
    "2038-01-19T03:14:07Z",
    "-271821-04-20T00:00:00Z",
    "+275760-09-13",
    "T",
    "Z",
    "+14:00",
    "@",
    "insert@2028-12-31",
  ],
  ...[
    "ntp",
    "time",
    "daytime",
    "asctime",
    "://",
    "ntp://",
    "127.0.0.1",
    "[::1]",
    "::",
    "localhost",
    ":123",
    ":65536",
  ],
  ...[
    "192.0.2.0/24",
    "::/0",
    "0.0.0.0/0",
    "fe80::1%eth0",
    "a.example",
    "user@",
    "/path",
    "?rate=1",
    "#x",
    "&",
    "=",
  ],
  ...[
    "drop=0.3",
    "delay=50ms",
    "jitter=10ms",
    "every=3",
    "copies=2",
    "from=::/0",
    "kiss=RATE",
    ",",
    ";",
    ":",
    "..",
    "~",
  ],
  ...[
    '"',
    "'",
    "\\",
    "{",
    "}",
    "[",
    "]",
    "(",
    ")",
    "<",
    ">",
    "null",
    "__proto__",
    "constructor",
    "toString",
    "%",
    "%00",
  ],
  ...[
    "\0",
    "\n",
    "\r\n",
    "\t",
    " ",
    "\x1b[2J",
    "\x7f",
    "\x9b",
    "\u202e",
    "\u2028",
    "\ud800",
    "😀",
    "é",
    "\ufeff",
  ],
  ...[
    "yyyy-MM-dd",
    "HH:mm:ss",
    "XXX",
    "SSS",
    "''",
    "..5",
    "5..",
    "-",
    "--",
    "/",
    "*",
    "+",
    "|",
    "^",
    "$",
  ],
];

const MAX_CHANGES = 6;

/** Longer than any bound on the length of a text. */
const LENGTHS = [2, 3, 16, 64, 255, 256, 257, 300, 1000, 4097];

/** Makes a text: a seed, most of the time changed. */
export function drawText(random: Random, seeds: readonly string[]): string {
  let text = random.pick(seeds);
  if (random.below(8) === 0) return text;
  for (let left = 1 + random.below(MAX_CHANGES); left > 0; left--) {
    text = change(text, random, seeds);
  }
  return text;
}

function change(text: string, random: Random, seeds: readonly string[]): string {
  const at = random.below(text.length + 1);
  const end = Math.min(at + 1 + random.below(8), text.length);
  switch (random.below(10)) {
    case 0:
      return text.slice(0, at) + text.slice(end);
    case 1:
      return text.slice(0, at) + text.slice(at, end).repeat(2) + text.slice(end);
    case 2:
      return text.slice(0, at) + random.pick(words) + text.slice(at);
    case 3:
      return text.slice(0, at) + random.pick(words) + text.slice(end);
    case 4:
      return text.slice(0, at) + random.pick(seeds).slice(random.below(at + 1));
    case 5:
      return text.slice(0, at) + String.fromCharCode(0x20 + random.below(95)) + text.slice(end);
    case 6:
      return text.slice(0, at) + random.below(10) + text.slice(end);
    case 7:
      return text.slice(0, at) + String.fromCodePoint(random.below(0x11_0000)) + text.slice(at);
    case 8:
      return random.below(8) === 0
        ? text.slice(0, at) + text.slice(at, end).repeat(random.pick(LENGTHS)).slice(0, 5000) +
          text.slice(end)
        : text.slice(at, end) + text.slice(0, at) + text.slice(end);
    default:
      return random.below(2) === 0 ? text.toUpperCase() : text.slice(0, at);
  }
}

/** Values of every type. */
const jsonValues: readonly unknown[] = [
  ...[
    null,
    true,
    false,
    0,
    -1,
    1,
    0.5,
    1e300,
    -1e-300,
    2 ** 53,
    "",
    "x",
    "1h",
    "+1s@00:05",
    "insert@2028-12-31",
  ],
  ...[
    [],
    {},
    [[]],
    [null],
    [1, "1h"],
    { x: 1 },
    { length: 3 },
    ["x".repeat(300)],
    "2038-01-19T03:14:07Z",
  ],
];

const jsonKeys = [
  "__proto__",
  "constructor",
  "step",
  "rate",
  "clock",
  "faults",
  "seed",
  "name",
  "x",
  "",
];

/** Makes a JSON text: a seed, in which values and keys are replaced. */
export function drawJson(random: Random, seeds: readonly string[]): string {
  let json: unknown;
  try {
    json = JSON.parse(random.pick(seeds));
  } catch {
    return drawText(random, seeds);
  }
  for (let left = 1 + random.below(3); left > 0; left--) json = replaceIn(json, random);
  return JSON.stringify(json);
}

function replaceIn(json: unknown, random: Random): unknown {
  if (typeof json !== "object" || json === null || random.below(4) === 0) {
    return random.pick(jsonValues);
  }
  if (Array.isArray(json)) {
    const at = random.below(json.length + 1);
    return json.toSpliced(at, 1, replaceIn(json[at], random));
  }
  const entries = Object.entries(json);
  const at = random.below(entries.length + 1);
  const [key = random.pick(jsonKeys), value] = entries[at] ?? [];
  const name = random.below(8) === 0 ? random.pick(jsonKeys) : key;
  return Object.fromEntries(entries.toSpliced(at, 1, [name, replaceIn(value, random)]));
}
