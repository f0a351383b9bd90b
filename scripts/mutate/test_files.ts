/**
 * The test files that can notice a change of a source file.
 *
 * @module
 */
import { dirname } from "node:path";

/** The test files of a source file in the order in which they are run. */
export type Stages = readonly (readonly string[])[];

/** Folders whose tests are left out: they need other programs, or hours. */
const LEFT_OUT = /^tests\/(interop|scripts|soak|support)\//;

/** The project's files that the choice of tests depends on, by path. */
export class TestFiles {
  readonly #texts: ReadonlyMap<string, string>;
  readonly #imports: ReadonlyMap<string, readonly string[]>;

  /** @param texts Every file of src/ and tests/ and its text */
  constructor(texts: ReadonlyMap<string, string>) {
    this.#texts = texts;
    this.#imports = new Map(Array.from(texts, ([path, text]) => [path, importsOf(path, text)]));
  }

  /**
   * The tests of a source file: those that mirror it, those that import it, those that reach it by
   * way of others; for `src/cli/` also those that run the programs.
   */
  stagesOf(path: string): Stages {
    const mirror = path.replace(/^src\//, "tests/").replace(/\.ts$/, "");
    const distances = this.#distancesTo(path);
    const tests = [...this.#texts.keys()].filter((file) =>
      file.endsWith("_test.ts") && !LEFT_OUT.test(file)
    );
    const stageOf = (file: string): number => {
      const isMirror = file.startsWith(`${mirror}_`);
      if (isMirror) return 0;
      if (file.startsWith("tests/e2e/")) return this.#runsProgramOf(path, file) ? 3 : -1;
      const distance = distances.get(file);
      return distance === undefined ? -1 : distance === 1 ? 1 : 2;
    };
    const byStage = Map.groupBy(tests, stageOf);
    return [0, 1, 2, 3].flatMap((stage) => {
      const files = byStage.get(stage);
      return files ? [files] : [];
    });
  }

  /** Whether a test of the programs is about the command of a source file. */
  #runsProgramOf(path: string, test: string): boolean {
    if (!path.startsWith("src/cli/")) return false;
    const [, command] = /^src\/cli\/timecli\/(\w+)\//.exec(path) ?? [];
    return command === undefined || command === "query" ||
      (this.#texts.get(test) ?? "").includes(`"${command}"`);
  }

  /** How many imports away from a file those are that import it. */
  #distancesTo(path: string): ReadonlyMap<string, number> {
    const distances = new Map([[path, 0]]);
    for (const [file, distance] of distances) {
      for (const [importer, imported] of this.#imports) {
        if (imported.includes(file) && !distances.has(importer)) {
          distances.set(importer, distance + 1);
        }
      }
    }
    return distances;
  }
}

function importsOf(path: string, text: string): string[] {
  // Imports, imports at run time, and the URLs of workers.
  const specifiers = text.matchAll(/\b(?:from|import|URL) ?\(?\s*"(\.[^"]+\.ts)"/g);
  return Array.from(
    specifiers,
    ([, to = ""]) => new URL(to, `file:///${dirname(path)}/`).pathname.slice(1),
  );
}
