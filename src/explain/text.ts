/** Octets and times in words that are safe to print. */

const LONGEST_QUOTED = 64;

/** Octets as people know them: printable ASCII as it is, the rest as in C; long ones are cut. */
export function quoted(octets: Uint8Array): string {
  const text = Array.from(octets.subarray(0, LONGEST_QUOTED), (octet) => {
    const named = escapes[octet];
    if (named !== undefined) return named;
    if (octet >= 0x20 && octet < 0x7f) return String.fromCharCode(octet);
    return `\\x${octet.toString(16).padStart(2, "0")}`;
  });
  return `"${text.join("")}"${octets.length > LONGEST_QUOTED ? "…" : ""}`;
}

const escapes: Readonly<Record<number, string>> = {
  0x00: "\\0",
  0x0a: "\\n",
  0x0d: "\\r",
  0x22: '\\"',
  0x5c: "\\\\",
};

/** An instant to the nanosecond. */
export function exact(instant: Temporal.Instant): string {
  return instant.toString({ fractionalSecondDigits: 9 });
}

/** So many of a thing. */
export function countOf(count: number, thing: string): string {
  return `${count} ${thing}${count === 1 ? "" : "s"}`;
}
