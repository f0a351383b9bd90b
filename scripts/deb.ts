// deno-lint-ignore-file no-console -- a script for the terminal, not part of the programs
import { join } from "node:path";
import { defineCommand } from "../src/cli/shared/command.ts";
import { runCommand } from "./bench/options.ts";
import { makeContents, writeFolder } from "./compile/folder.ts";
import { CompileError, ROOT, run } from "./compile/run.ts";
import { findTarget } from "./compile/targets.ts";

const command = defineCommand({
  name: "deb",
  hasManual: false,
  description: "Builds the Debian package of this processor with debhelper, in dist/deb/.",
  positionals: [],
  groups: {},
  notes: "SOURCE_DATE_EPOCH, if set, is its date, in seconds since 1970.",
  run: async () => console.log(await buildPackage(join(ROOT, "dist", "deb"))),
});

/**
 * Builds the package.
 *
 * @param folder Where to; all that it holds is replaced
 * @returns The path of the package
 * @throws {CompileError} If there is no runtime for this processor, or debhelper fails
 */
export async function buildPackage(folder: string): Promise<string> {
  const target = findTarget(`${Deno.build.arch}-unknown-linux-gnu`);
  const contents = await makeContents();
  const source = join(folder, `timesrv-${contents.version}`);
  await Deno.remove(folder, { recursive: true }).catch(() => {});
  await writeFolder(source, target, contents);
  const debian = join(source, "debian");
  await Deno.mkdir(join(debian, "source"), { recursive: true });
  const templates = join(ROOT, "scripts/deb");
  for await (const { name } of Deno.readDir(templates)) {
    await Deno.copyFile(join(templates, name), join(debian, name));
  }
  await Deno.chmod(join(debian, "rules"), 0o755);
  const files: Readonly<Record<string, string>> = {
    "source/format": "3.0 (native)\n",
    "changelog": formatChangelog(contents.version),
    "copyright": await formatCopyright(),
    "timesrv.service": (await Deno.readTextFile(join(ROOT, "scripts/timesrv.service")))
      .replaceAll("/usr/local/bin/", "/usr/bin/"),
  };
  for (const [name, text] of Object.entries(files)) {
    await Deno.writeTextFile(join(debian, name), text);
  }
  // What is to be there for a build is debhelper alone, which may come from elsewhere than a package.
  const args = ["--build=binary", "--unsigned-changes", "--no-check-builddeps"];
  await run("dpkg-buildpackage", args, { cwd: source });
  const names = await Array.fromAsync(Deno.readDir(folder), ({ name }) => name);
  const name = names.find((each) => each.endsWith(".deb"));
  if (name === undefined) throw new CompileError("dpkg-buildpackage wrote no package");
  return join(folder, name);
}

/** The change log of the package, which refers to that of the project. */
function formatChangelog(version: string): string {
  const seconds = Number(Deno.env.get("SOURCE_DATE_EPOCH") ?? Math.floor(Date.now() / 1000));
  const date = new Date(seconds * 1000).toUTCString().replace("GMT", "+0000");
  return `timesrv (${version}) unstable; urgency=medium

  * Release ${version}: CHANGELOG.md of the project describes it.

 -- The timesrv authors <timesrv@timesrv.invalid>  ${date}
`;
}

/** The copyright file, in Debian's format for machines; licenses.md has all texts of what is inside. */
async function formatCopyright(): Promise<string> {
  const license = await Deno.readTextFile(join(ROOT, "LICENSE"));
  const [, holder = "", text = ""] = /^Copyright \(c\) (.*)\n\n([^]*)$/m.exec(license) ?? [];
  const indented = text.trim().split("\n").map((line) => ` ${line === "" ? "." : line}`);
  return `Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: timesrv
Comment: The package contains Deno and packages of npm, whose licences
 are in /usr/share/doc/timesrv/licenses.md.

Files: *
Copyright: ${holder}
License: Expat
${indented.join("\n")}
`;
}

if (import.meta.main) Deno.exit(await runCommand(command));
