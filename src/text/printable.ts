/** What a terminal obeys or a reader cannot see: control, bidi and format characters, line separators. */
export const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/** Longer lines say nothing more, and a stranger may send any length. */
const MAX_LINE_LENGTH = 1000;

/** Cuts a text to at most `max` characters. */
export function shorten(text: string, max: number): string {
  return text.length <= max ? text : `${text.slice(0, max - 1).toWellFormed()}…`;
}

/** Escapes unprintable characters, line breaks included, as `\x1b` or `\u{202e}`. */
export function escapeText(text: string): string {
  return text.replace(UNPRINTABLE, escapeCharacter);
}

/**
 * A text on one line of at most `max` characters, without anything that a terminal obeys: line breaks
 * become spaces, other unprintable characters are escaped.
 */
export function escapeLine(text: string, max = MAX_LINE_LENGTH): string {
  const whole = text.trim();
  // Cut first: most of it may be blanks, or it may be of any length.
  const lines = whole.slice(0, max).split("\n").map((line) => line.trim());
  const escaped = escapeText(lines.filter((line) => line !== "").join(" "));
  return shorten(whole.length <= max ? escaped : `${escaped}…`, max);
}

function escapeCharacter(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  const digits = code.toString(16).padStart(2, "0");
  return code < 0x100 ? `\\x${digits}` : `\\u{${digits}}`;
}

const asciiFor: Readonly<Record<string, string>> = {
  ...{ "µ": "u", "±": "+-", "→": "->", "…": "~", "§": "sec. ", "▲": "^", "▼": "v" },
};

/**
 * The same text in ASCII; a character without a counterpart becomes `?`. Line breaks stay, and so do
 * escapes, which a text of a stranger must not have.
 */
export function toAscii(text: string): string {
  // deno-lint-ignore no-control-regex -- escapes are how colours are set
  return text.replace(/[^\n\x1b\x20-\x7e]/gu, (character) => asciiFor[character] ?? "?");
}

/** Breaks a text at its spaces into lines of at most `width` characters; a longer word is split. */
export function wrapText(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (let word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = "";
    }
    while (word.length > width) {
      lines.push(word.slice(0, width));
      word = word.slice(width);
    }
    line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line];
}

/** Cuts the middle out of a text longer than `width`: the ends of a URL distinguish servers. */
export function shortenMiddle(text: string, width: number, ellipsis = "…"): string {
  if (text.length <= width) return text;
  const kept = width - ellipsis.length;
  return text.slice(0, Math.ceil(kept / 2)) + ellipsis + text.slice(text.length - (kept >> 1));
}

const MAX_QUOTED = 64;

const octetEscapes: Readonly<Record<number, string>> = {
  0x00: "\\0",
  0x09: "\\t",
  0x0a: "\\n",
  0x0d: "\\r",
  0x22: '\\"',
  0x5c: "\\\\",
};

/** Quotes octets: printable ASCII as it is, all else escaped as in C; long ones are cut. */
export function quoteOctets(octets: Uint8Array): string {
  const text = Array.from(octets.subarray(0, MAX_QUOTED), (octet) => {
    const escape = octetEscapes[octet];
    if (escape !== undefined) return escape;
    if (octet >= 0x20 && octet < 0x7f) return String.fromCharCode(octet);
    return `\\x${octet.toString(16).padStart(2, "0")}`;
  });
  return `"${text.join("")}"${octets.length > MAX_QUOTED ? "…" : ""}`;
}

/** Quotes a text for a POSIX shell where it needs that, for a command line that a message advises. */
export function quoteForShell(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
