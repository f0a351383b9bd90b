import { join } from "node:path";
import { ROOT } from "./deno.ts";
import { CompileError } from "./error.ts";
import type { ShippedPackage } from "./licenses.ts";

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
