/** A reference as data: {@linkcode ./roff.ts} and {@linkcode ./markdown.ts} write it. */

/** A part of a reference. */
export type Node =
  /** A heading: of a section (1), of a command or group in it (2), or of a group of a command (3). */
  | { readonly kind: "heading"; readonly level: 1 | 2 | 3; readonly text: string }
  /** The calls of a program, one per line: the words that stay, and the arguments. */
  | {
    readonly kind: "synopsis";
    readonly calls: readonly { readonly name: string; readonly usage: string }[];
  }
  | { readonly kind: "paragraph"; readonly text: string }
  /** Command lines and output, which stay as they are. */
  | { readonly kind: "literal"; readonly lines: readonly string[] }
  /** An option, argument or exit code, and its meaning. */
  | { readonly kind: "term"; readonly name: string; readonly meaning: string };

/** A reference of a program. */
export interface Page {
  readonly name: string;
  /** One line without a period. */
  readonly summary: string;
  readonly nodes: readonly Node[];
}
