/** References in Markdown, for `docs/`. */
import type { Node, Page } from "./page.ts";

/**
 * Writes a page.
 *
 * @param sessions What to add below the first paragraph under a heading, by the heading
 * @returns The Markdown, to be formatted by `deno fmt`
 */
export function markdownPage(
  { name, nodes }: Page,
  sessions: Readonly<Record<string, string>> = {},
): string {
  const blocks = [
    `# ${name}`,
    "<!-- Generated from the command line's definition by: deno task manual -->",
  ];
  let session: string | undefined;
  for (const group of grouped(nodes)) {
    blocks.push(blockOf(group));
    const [first] = group;
    if (first?.kind === "heading") session = sessions[first.text];
    else if (session !== undefined) blocks.push(session);
    if (first?.kind !== "heading") session = undefined;
  }
  return `${blocks.join("\n\n")}\n`;
}

/** Terms that follow each other make one table. */
function grouped(nodes: readonly Node[]): Node[][] {
  const groups: Node[][] = [];
  for (const node of nodes) {
    const last = groups.at(-1);
    if (node.kind === "term" && last?.[0]?.kind === "term") last.push(node);
    else groups.push([node]);
  }
  return groups;
}

function blockOf(group: readonly Node[]): string {
  const [first] = group;
  switch (first?.kind) {
    case "heading":
      return `${"#".repeat(first.level + 1)} ${escaped(first.text)}`;
    case "synopsis":
      return fenced(first.calls.map(({ name, usage }) => `${name} ${usage}`));
    case "literal":
      return fenced(first.lines);
    case "term": {
      const rows = group.map((node) =>
        node.kind === "term" ? `| ${code(node.name)} | ${cell(node.meaning)} |` : ""
      );
      return ["| | |", "| --- | --- |", ...rows].join("\n");
    }
    case "paragraph":
      return escaped(first.text);
    case undefined:
      return "";
  }
}

function fenced(lines: readonly string[]): string {
  return ["```sh", ...lines, "```"].join("\n");
}

function code(text: string): string {
  return `\`${text.replaceAll("|", "\\|")}\``;
}

function cell(text: string): string {
  return escaped(text.replaceAll("\n", " ")).replaceAll("|", "\\|");
}

/**
 * Documents beside this one; then what is typed or named: command lines, addresses, options with a
 * value that is no plain word, names with an underscore, URLs.
 */
const LITERAL = new RegExp(
  [
    /docs\/[\w.]+\w/,
    /\btime(?:cli|srv) (?:help \w+|complete \w+|(?:\w+ )?--[a-z]\w*)/,
    /--scenario list|--(?:leap|smear) none/,
    /(?:\[?\w+:\/\/\]?)?HOST\[?:PORT\]?/,
    /(?<![\w.\/-])--[a-z][\w-]*(?: (?:[A-Z]{2,}\b|[\w+-]*[@:=\d](?:[\w@:=+-]|[.,](?=\w))*))?/,
    /(?<![\w.\/-])\w+(?:_\w+)+/,
    /(?<![\w.\/-])\w+:\/\/[^\s,;)]*[^\s,;:.)]/,
  ].map(({ source }) => source).join("|"),
  "g",
);

/** Prose whose characters Markdown prints as they are, with literals as code and links to documents. */
function escaped(text: string): string {
  const literals = (text.match(LITERAL) ?? []).map((literal) => {
    const page = literal.replace("docs/", "");
    return page === literal ? `\`${literal}\`` : `[${page}](${page})`;
  });
  return text.split(LITERAL)
    .map((part, i) => part.replaceAll(/[\\`*_<[]/g, "\\$&") + (literals[i] ?? ""))
    .join("");
}
