/**
 * Copies of the project in which mutants are tried.
 *
 * @module
 */
import { dirname } from "node:path";
import type { Mutant } from "./mutants.ts";
import type { Stages } from "./test_files.ts";

/** What the tests made of a mutant. */
export type Verdict =
  /** A test failed. */
  | "killed"
  /** The tests did not end. */
  | "hung"
  | "survived";

/** What a run of tests came to. */
interface TestRun {
  readonly result: "passed" | "failed" | "hung";
  /** The test files with failures. */
  readonly failed: readonly string[];
}

/** The status with which `timeout` ends after it has killed, by its signal. */
const KILLED = 128 + 9;

/** A copy of the project's files in a temporary folder. */
export class Judge implements AsyncDisposable {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** Copies files by their paths from the project's folder. */
  static async create(root: URL, paths: readonly string[]): Promise<Judge> {
    const folder = await Deno.makeTempDir({ prefix: "timesrv-mutate-" });
    for (const path of paths) {
      await Deno.mkdir(`${folder}/${dirname(path)}`, { recursive: true });
      await Deno.copyFile(new URL(path, root), `${folder}/${path}`);
    }
    return new Judge(folder);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.#folder, { recursive: true });
  }

  /** The test files that fail without any change, twice. */
  async findFailing(files: readonly string[]): Promise<readonly string[]> {
    const { failed } = await this.#test(files, 900, []);
    return failed.length === 0 ? [] : (await this.#test(failed, 300, [])).failed;
  }

  /** Tries a mutant with the tests of its file, stage by stage. */
  async try(mutant: Mutant, stages: Stages): Promise<Verdict> {
    const path = `${this.#folder}/${mutant.path}`;
    const original = await Deno.readTextFile(path);
    await Deno.writeTextFile(path, mutant.text);
    try {
      for (const files of stages) {
        let left = files;
        while (left.length > 0) {
          const { result, failed } = await this.#test(left, 30 + 10 * left.length);
          if (result === "hung") return "hung";
          if (result === "passed") break;
          // On a busy machine a test can fail by chance: only what fails twice has noticed the change.
          if ((await this.#test(failed, 60)).result !== "passed") return "killed";
          // The first failure has kept others from being run.
          left = left.filter((file) => !failed.includes(file));
        }
      }
      return "survived";
    } finally {
      await Deno.writeTextFile(path, original);
    }
  }

  async #test(
    files: readonly string[],
    limitSeconds: number,
    flags: readonly string[] = ["--fail-fast"],
  ): Promise<TestRun> {
    // timeout ends all of its process group, the programs that tests have started included.
    const { code, stdout } = await new Deno.Command("timeout", {
      args: [
        ...["-s", "KILL", `${limitSeconds}`, Deno.execPath(), "test", "-A", "--no-check"],
        ...[...flags, ...files],
      ],
      cwd: this.#folder,
      // There are executables of the unchanged source alone.
      env: { NO_COLOR: "1", TIMESRV_DIST: `${this.#folder}/dist` },
      stderr: "null",
    }).output();
    const output = new TextDecoder().decode(stdout);
    const failed = new Set(
      Array.from(output.matchAll(/=> \.\/(tests\/\S+?_test\.ts):/g), ([, file = ""]) => file),
    );
    // A file that cannot even be loaded fails without the name of a test.
    for (const [, file = ""] of output.matchAll(/^\.\/(tests\/\S+) \(uncaught error\)/gm)) {
      failed.add(file);
    }
    if (code === 0) return { result: "passed", failed: [] };
    return {
      result: code === KILLED ? "hung" : "failed",
      failed: failed.size > 0 ? [...failed] : files,
    };
  }
}
