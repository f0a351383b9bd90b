/**
 * `deno task licenses`: writes docs/licenses.md, the licences of the packages that the executables contain.
 *
 * @module
 */

import { outputOf, ROOT } from "./bench/commands.ts";

/** Licences that ask for no more than a notice. */
export const ALLOWED: readonly string[] = [
  "MIT",
  "ISC",
  "0BSD",
  "BSD-2-Clause",
  "BSD-3-Clause",
  "Apache-2.0",
  "Unlicense",
];

/** The programs that are made into executables. */
const PROGRAMS = ["server.ts", "client.ts"];

/** A package, as it is shipped. */
export interface ShippedPackage {
  readonly name: string;
  readonly version: string;
  /** An SPDX expression, as the package states it. */
  readonly license: string;
  /** The text of its licence, if it comes with one. */
  readonly text: string | undefined;
}

/** What `deno info --json` says, as far as it is read here. */
interface ModuleGraph {
  readonly modules: readonly { readonly npmPackage?: string }[];
  readonly npmPackages: Readonly<Record<string, CachedPackage>>;
}

interface CachedPackage {
  readonly name: string;
  readonly version: string;
  readonly dependencies: readonly string[];
  readonly localPath: string;
}

/**
 * Finds the packages that the programs import, and what these import in turn.
 *
 * @returns them, by name
 * @throws {Error} when Deno cannot tell, or a package is not in its cache
 */
export async function shippedPackages(): Promise<readonly ShippedPackage[]> {
  const found = new Map<string, CachedPackage>();
  for (const program of PROGRAMS) {
    const command = [Deno.execPath(), "info", "--json", program] as const;
    const graph: ModuleGraph = JSON.parse(await outputOf(`read ${program}`, command));
    const visit = (id: string): void => {
      const each = graph.npmPackages[id];
      if (each === undefined) throw new Error(`Cannot find ${id} in Deno's cache`);
      if (found.has(id)) return;
      found.set(id, each);
      each.dependencies.forEach(visit);
    };
    for (const { npmPackage } of graph.modules) if (npmPackage !== undefined) visit(npmPackage);
  }
  const packages = await Promise.all([...found.values()].map(readLicense));
  return packages.toSorted((a, b) => a.name < b.name ? -1 : 1);
}

async function readLicense({ name, version, localPath }: CachedPackage): Promise<ShippedPackage> {
  const { license } = JSON.parse(await Deno.readTextFile(`${localPath}/package.json`));
  const files = await Array.fromAsync(Deno.readDir(localPath), (entry) => entry.name);
  const file = files.find((each) => /^licen[cs]e(\.(md|txt))?$/i.test(each));
  const text = file && (await Deno.readTextFile(`${localPath}/${file}`)).trim();
  return { name, version, license: typeof license === "string" ? license : "none stated", text };
}

/**
 * Writes the page.
 *
 * @param packages what is shipped
 * @returns Markdown
 */
export function licensePage(packages: readonly ShippedPackage[]): string {
  const rows = packages.map(({ name, version, license, text }) =>
    `| ${name} | ${version} | ${license} | ${text === undefined ? "no" : "below"} |`
  );
  const texts = packages.flatMap(({ name, text }) =>
    text === undefined ? [] : [`## ${name}`, `\`\`\`text\n${text.replaceAll("\r\n", "\n")}\n\`\`\``]
  );
  return [
    "# Licences of what the executables contain",
    "Written by `deno task licenses`. timesrv itself is under the MIT licence, see LICENSE. From the npm registry it contains:",
    ["| package | version | licence | text in the package |", "| --- | --- | --- | --- |", ...rows]
      .join("\n"),
    "An executable also contains Deno (MIT), with V8 (BSD-3-Clause) and the Rust crates it is built of, whose notices Deno " +
    "publishes with its source.",
    ...texts,
  ].join("\n\n") + "\n";
}

if (import.meta.main) {
  const page = new URL("docs/licenses.md", ROOT);
  await Deno.writeTextFile(page, licensePage(await shippedPackages()));
  await outputOf("format it", [Deno.execPath(), "fmt", "--quiet", "docs/licenses.md"]);
}
