import { assertEquals } from "@std/assert";
import { followGroups } from "../../scripts/arm64.ts";

Deno.test("arm64: groups are counted by their summaries and exit codes, if they have ended", async () => {
  const lines = [
    "== one",
    "ok | 3 passed (2 steps) | 0 failed | 2 ignored (1s)",
    "== exit code 0",
    "== two",
    "FAILED | 4 passed | 5 failed | 1 ignored | 6 filtered out (2m3s)",
    "== exit code 1",
    "== unloadable",
    "error: Module not found",
    "== exit code 1",
    "== leaking",
    "ok | 7 passed | 0 failed (1s)",
    "error: Uncaught",
    "== exit code 1",
    "== cut",
    "a test ... ok (1s)",
  ];
  const printed: string[] = [];
  const results = await followGroups(ReadableStream.from(lines), (line) => printed.push(line));
  assertEquals(
    results.map(({ name, passed, failed, ignored }) => [name, passed, failed, ignored]),
    [["one", 3, 0, 2], ["two", 4, 5, 1], ["unloadable", 0, 1, 0], ["leaking", 7, 1, 0]],
  );
  assertEquals(printed, lines);
});
