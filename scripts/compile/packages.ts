/** The packages inside the executables: their licences, and a bill of materials. */
import { join } from "node:path";
import { programs } from "./programs.ts";
import { CompileError, deno, ROOT } from "./run.ts";

/** Licences that require no more than a notice. */
export const ALLOWED: readonly string[] = [
  "MIT",
  "ISC",
  "0BSD",
  "BSD-2-Clause",
  "BSD-3-Clause",
  "Apache-2.0",
  "Unlicense",
];

/** A package inside the executables. */
export interface ShippedPackage {
  readonly name: string;
  readonly version: string;
  /** An SPDX expression, as the package states it. */
  readonly license: string;
  /** The text of its licence, if the package contains it. */
  readonly text: string | undefined;
}

/** The part of the output of `deno info --json` that is read here. */
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
 * Finds the packages that the programs import, and the dependencies of these.
 *
 * @returns The packages, sorted by name
 * @throws {CompileError} If a package is not in Deno's cache
 */
export async function shippedPackages(): Promise<readonly ShippedPackage[]> {
  const found = new Map<string, CachedPackage>();
  for (const { entry } of programs) {
    const graph: ModuleGraph = JSON.parse(await deno("info", "--json", entry));
    const visit = (id: string): void => {
      const each = graph.npmPackages[id];
      if (each === undefined) throw new CompileError(`${id} is not in Deno's cache`);
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

/** Reads the licence of Deno, which its executable lacks and asks for. */
export async function denoLicense(): Promise<string> {
  return (await Deno.readTextFile(join(import.meta.dirname ?? ".", "deno_license.txt"))).trim();
}

/** Formats the licences of packages, and that of Deno, as a Markdown page. */
export function licensePage(packages: readonly ShippedPackage[], deno: string): string {
  const rows = packages.map(({ name, version, license, text }) =>
    `| ${name} | ${version} | ${license} | ${text === undefined ? "no" : "below"} |`
  );
  const texts = packages.flatMap(({ name, text }) =>
    text === undefined ? [] : [`## ${name}`, `\`\`\`text\n${text.replaceAll("\r\n", "\n")}\n\`\`\``]
  );
  return [
    "# Licences of the software in these executables",
    "timesrv itself is under the MIT licence. From the npm registry the executables contain:",
    ["| package | version | licence | text in the package |", "| --- | --- | --- | --- |", ...rows]
      .join("\n"),
    "An executable also contains Deno (MIT), V8 (BSD-3-Clause) and the Rust crates that Deno is built " +
    "from; Deno publishes their notices with its source.",
    `## Deno\n\n\`\`\`text\n${deno}\n\`\`\``,
    ...texts,
  ].join("\n\n") + "\n";
}

interface Lock {
  readonly npm: Readonly<Record<string, { readonly integrity?: string }>>;
}

/**
 * Lists what archives contain, as a bill of materials of CycloneDX 1.6 (ECMA-424). It has neither a date nor a serial
 * number, so that two builds are the same.
 *
 * @param version That of timesrv
 * @throws {CompileError} If a package is not in deno.lock
 */
export async function billOfMaterials(
  version: string,
  packages: readonly ShippedPackage[],
): Promise<string> {
  const { npm }: Lock = JSON.parse(await Deno.readTextFile(join(ROOT, "deno.lock")));
  const main = "timesrv";
  const runtime = `pkg:npm/deno@${Deno.version.deno}`;
  const components = packages.map(({ name, version, license }) => {
    // A package that is resolved with others at its side has their names behind its version.
    const found = Object.entries(npm).find(([id]) => id.split("_")[0] === `${name}@${version}`);
    const [, { integrity = "" } = {}] = found ?? [];
    if (!integrity.startsWith("sha512-")) {
      throw new CompileError(`${name}@${version} has no SHA-512 in deno.lock`);
    }
    const purl = `pkg:npm/${name.replace("@", "%40")}@${version}`;
    return {
      "type": "library",
      "bom-ref": purl,
      name,
      version,
      "hashes": [{ alg: "SHA-512", content: Uint8Array.fromBase64(integrity.slice(7)).toHex() }],
      "licenses": [{ expression: license }],
      purl,
    };
  });
  const bom = {
    $schema: "http://cyclonedx.org/schema/bom-1.6.schema.json",
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    version: 1,
    metadata: {
      component: {
        "type": "application",
        "bom-ref": main,
        "name": main,
        version,
        "licenses": [{ expression: "MIT" }],
      },
    },
    components: [{
      "type": "platform",
      "bom-ref": runtime,
      "name": "deno",
      "version": Deno.version.deno,
      "description": "The runtime, with V8 and the Rust crates that it is built from",
      "licenses": [{ expression: "MIT" }],
      "purl": runtime,
    }, ...components],
    dependencies: [
      { ref: main, dependsOn: [runtime, ...components.map((each) => each.purl)] },
    ],
  };
  return `${JSON.stringify(bom, undefined, 2)}\n`;
}
