import { assertEquals } from "@std/assert";
import { isStandardInput, openInput, standardOutput } from "../../../src/cli/shared/files.ts";

Deno.test("files of the standard streams are known by their names", async () => {
  const names = ["-", "/dev/stdin", "/dev/fd/0", "/dev/stdout", "/dev/fd/1", "stdin", ""];
  assertEquals(names.map(isStandardInput), [true, true, true, false, false, false, false]);
  assertEquals(await openInput("-"), Deno.stdin.readable);
  for (
    const [file, stream] of [
      ["/dev/stdout", Deno.stdout],
      ["/dev/fd/1", Deno.stdout],
      ["/dev/stderr", Deno.stderr],
      ["/dev/fd/2", Deno.stderr],
      ["-", undefined],
      ["picture.svg", undefined],
    ] as const
  ) assertEquals(standardOutput(file), stream, file);
});
