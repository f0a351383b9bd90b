import { dirname, join } from "node:path";
import { bundleProgram, type ProgramFile } from "./bundle.ts";
import { billOfMaterials, denoLicense, licensePage, shippedPackages } from "./packages.ts";
import { fillTemplate, flagsOf, LAUNCH_FLAGS, type Program, programs } from "./programs.ts";
import { deno, ROOT } from "./run.ts";
import { type Target, writeRuntime } from "./targets.ts";

/** What every folder contains, whatever its system: programs, manual, completions, licences. */
export interface Contents {
  /** The version of timesrv. */
  readonly version: string;
  readonly modules: readonly ProgramFile[];
  /** The other files, by their paths. */
  readonly documents: Readonly<Record<string, string>>;
  /** What is in it, for a scanner of packages. */
  readonly bill: string;
  /** Those of POSIX systems. */
  readonly share: Readonly<Record<string, string>>;
}

/** Where each shell looks for the completions of a program. */
const COMPLETIONS: Readonly<Record<string, (name: string) => string>> = {
  bash: (name) => `share/bash-completion/completions/${name}`,
  zsh: (name) => `share/zsh/site-functions/_${name}`,
  fish: (name) => `share/fish/vendor_completions.d/${name}.fish`,
};

/**
 * Makes what all folders have in common.
 *
 * @throws {CompileError} If Deno cannot bundle a program, or cannot run it
 */
export async function makeContents(): Promise<Contents> {
  const { version } = JSON.parse(await readText("deno.json"));
  const modules: ProgramFile[] = [];
  const share: Record<string, string> = {};
  for (const program of programs) {
    const { name, entry } = program;
    modules.push(...await bundleProgram(program));
    share[`share/man/man1/${name}.1`] = await readText(`man/${name}.1`);
    for (const [shell, path] of Object.entries(COMPLETIONS)) {
      const args = ["run", "--quiet", "--no-prompt", `-P=${name}`, entry, "complete", shell];
      share[path(name)] = await deno(...args);
    }
  }
  const packages = await shippedPackages();
  const documents = {
    "LICENSE": await readText("LICENSE"),
    "README.md": await readText("README.md"),
    "licenses.md": licensePage(packages, await denoLicense()),
  };
  const bill = await billOfMaterials(version, packages);
  return { version, modules, documents, bill, share };
}

export function folderName({ version }: Contents, { triple }: Target): string {
  return `timesrv-${version}-${triple}`;
}

/**
 * Writes a folder with both programs for one system.
 *
 * @throws {CompileError} If there is no runtime for it
 */
export async function writeFolder(
  folder: string,
  target: Target,
  { modules, documents, share }: Contents,
): Promise<void> {
  const { isWindows } = target;
  const library = isWindows ? "lib" : "lib/timesrv";
  await Deno.mkdir(join(folder, library), { recursive: true });
  for (const { name, text } of modules) await write(folder, `${library}/${name}`, text);
  for (const [path, text] of Object.entries(isWindows ? documents : { ...documents, ...share })) {
    await write(folder, path, text);
  }
  const runtime = isWindows ? "deno.exe" : "deno";
  await writeRuntime(target, join(folder, library, runtime));
  for (const program of programs) {
    const { name } = program;
    if (isWindows) {
      await write(folder, `${name}.cmd`, await launcher("folder.cmd", program, target));
      continue;
    }
    // `ps` shows the name of the file that was started.
    await Deno.symlink(runtime, join(folder, library, name));
    await write(folder, `bin/${name}`, await launcher("folder.sh", program, target), 0o755);
  }
}

/** Fills in the template of a launcher; one of Windows has its line ends. */
async function launcher(file: string, program: Program, { loader }: Target): Promise<string> {
  const flags = [...await flagsOf(program), ...LAUNCH_FLAGS];
  const isCmd = file.endsWith(".cmd");
  const values: Readonly<Record<string, string>> = {
    NAME: program.name,
    LOADER: loader,
    FLAGS: flags.map((flag) => isCmd ? `"${flag}"` : `'${flag}'`).join(" "),
    ENVIRONMENT: (await readText("scripts/compile/environment.sh")).trimEnd(),
  };
  const text = fillTemplate(await readText(`scripts/compile/${file}`), values);
  return isCmd ? text.replaceAll("\n", "\r\n") : text;
}

async function write(folder: string, path: string, text: string, mode = 0o644): Promise<void> {
  const file = join(folder, path);
  await Deno.mkdir(dirname(file), { recursive: true });
  await Deno.writeTextFile(file, text);
  // Not as the `mode` of writeTextFile(), which the umask would narrow.
  if (Deno.build.os !== "windows") await Deno.chmod(file, mode);
}

function readText(path: string): Promise<string> {
  return Deno.readTextFile(join(ROOT, path));
}
