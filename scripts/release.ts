// deno-lint-ignore-file no-console -- a script for the terminal, not part of the programs
import { join } from "node:path";
import { defineCommand } from "../src/cli/shared/command.ts";
import { runCommand } from "./bench/options.ts";
import { ROOT } from "./compile/run.ts";

const command = defineCommand({
  name: "release",
  hasManual: false,
  description:
    "Checks that a release is what its tag says: the version of deno.json, described in " +
    "CHANGELOG.md. Writes that description to dist/notes.md.",
  positionals: [{ name: "tag", help: "name of the release, such as v1.2.3", isRequired: true }],
  groups: {},
  notes: "",
  async run({ positionals: [tag = ""] }): Promise<void> {
    const { version } = JSON.parse(await Deno.readTextFile(join(ROOT, "deno.json")));
    const changelog = await Deno.readTextFile(join(ROOT, "CHANGELOG.md"));
    const notes = readNotes(tag, version, changelog);
    await Deno.mkdir(join(ROOT, "dist"), { recursive: true });
    await Deno.writeTextFile(join(ROOT, "dist", "notes.md"), notes);
    console.log("dist/notes.md");
  },
});

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

if (import.meta.main) Deno.exit(await runCommand(command));
