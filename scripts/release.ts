// deno-lint-ignore-file no-console -- a script for the terminal, not part of the programs
import { join } from "node:path";
import { ROOT } from "./compile/deno.ts";

const usage = `Usage: deno task release TAG

Checks that a release is what its tag says: the version of deno.json, described
in CHANGELOG.md. Writes that description to dist/notes.md.`;

/**
 * Finds the description of a release.
 *
 * @param tag Its name, such as `v1.2.3`
 * @param version That of deno.json
 * @returns The section of the change log, without its heading
 * @throws {SyntaxError} If the three do not agree, or the section is empty
 */
export function readNotes(tag: string, version: string, changelog: string): string {
  if (tag !== `v${version}`) {
    throw new SyntaxError(`the tag is ${tag}, expected v${version} by deno.json`);
  }
  const sections = changelog.split(/^## /m).slice(1);
  const section = sections.find((each) => each.split(/[\s]/, 1)[0] === version);
  const notes = section?.replace(/^.*\n/, "").trim();
  if (notes) return `${notes}\n`;
  throw new SyntaxError(`CHANGELOG.md has no section "## ${version}" that describes the release`);
}

async function main([tag, ...others]: string[]): Promise<number> {
  if (tag === "-h" || tag === "--help") {
    console.log(usage);
    return 0;
  }
  if (tag === undefined || others.length > 0) {
    console.error("release: expected one tag");
    return 2;
  }
  try {
    const { version } = JSON.parse(await Deno.readTextFile(join(ROOT, "deno.json")));
    const changelog = await Deno.readTextFile(join(ROOT, "CHANGELOG.md"));
    const notes = readNotes(tag, version, changelog);
    await Deno.mkdir(join(ROOT, "dist"), { recursive: true });
    await Deno.writeTextFile(join(ROOT, "dist", "notes.md"), notes);
    console.log("dist/notes.md");
    return 0;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    console.error(`release: ${error.message}`);
    return 1;
  }
}

if (import.meta.main) Deno.exit(await main(Deno.args));
