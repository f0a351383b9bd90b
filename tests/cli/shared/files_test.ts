import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { UsageError } from "../../../src/cli/shared/errors.ts";
import {
  isStandardInput,
  openInput,
  readToken,
  rethrowWriteError,
  standardOutput,
} from "../../../src/cli/shared/files.ts";

Deno.test("files of the standard streams are known by their names", async () => {
  const names = ["-", "/dev/stdin", "/dev/fd/0", "/dev/stdout", "/dev/fd/1", "stdin", ""];
  assertEquals(names.map(isStandardInput), [true, true, true, false, false, false, false]);
  assertEquals(await openInput("-"), Deno.stdin.readable);
  const { readable } = Deno.stdin;
  const reader = readable.getReader();
  try {
    await assertRejects(() => openInput("/dev/stdin"), Error, "another option has read it");
    await assertRejects(
      () => readToken("-", "timesrv"),
      UsageError,
      'Cannot read the token "-": another option has read it',
    );
  } finally {
    reader.releaseLock();
  }
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

Deno.test("without permission the file is named, not the one that would be written beside it", () => {
  const { NotCapable } = Deno.errors;
  const messageOf = (path: string, message: string): string =>
    assertThrows(() => rethrowWriteError("metrics", path, new NotCapable(message)), NotCapable)
      .message;
  for (const [path, folder] of [["/a b/x.prom", "'/a b/'"], ["x.prom", "."]] as const) {
    assertEquals(
      messageOf(path, `Requires write access to "${path}.0badcafe.tmp", run again`),
      `to write ${path}. Run: deno run -P=timecli --allow-read=${folder} --allow-write=${folder} client.ts`,
    );
  }
  const own = 'Requires write access to "/tmp/x.svg", run again';
  assertEquals(messageOf("/tmp/x.svg", own), own);
});
