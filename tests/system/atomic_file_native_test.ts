import { assertEquals, assertRejects } from "@std/assert";
import { checkWritable, writeAtomically } from "../../src/system/atomic_file.ts";
import { where } from "../support/needs.ts";
import { within } from "../support/wait.ts";

const needs = { permissions: [{ name: "read" }, { name: "write" }] } as const;

async function inFolder(test: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await test(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const namesIn = (folder: string): string[] =>
  [...Deno.readDirSync(folder)].map(({ name }) => name).toSorted();

Deno.test(
  await where(
    needs,
    "checkWritable changes nothing; writeAtomically then writes the whole file, and keeps its mode",
    () =>
      inFolder(async (folder) => {
        const path = `${folder}/out.svg`;
        await checkWritable(path);
        assertEquals(namesIn(folder), []);
        await writeAtomically(path, "new");
        assertEquals(await Deno.readTextFile(path), "new");

        await Deno.chmod(path, 0o640);
        await checkWritable(path);
        assertEquals(await Deno.readTextFile(path), "new");
        await writeAtomically(path, "newer");
        assertEquals(await Deno.readTextFile(path), "newer");
        assertEquals(((await Deno.stat(path)).mode ?? 0) & 0o777, 0o640);
        assertEquals(namesIn(folder), ["out.svg"]);
      }),
  ),
);

Deno.test(
  await where(
    needs,
    "writeAtomically replaces the target of a link, not the link",
    () =>
      inFolder(async (folder) => {
        await Deno.writeTextFile(`${folder}/out.svg`, "old");
        await Deno.symlink("out.svg", `${folder}/link`);
        await checkWritable(`${folder}/link`);
        await writeAtomically(`${folder}/link`, "new");
        assertEquals((await Deno.lstat(`${folder}/link`)).isSymlink, true);
        assertEquals(await Deno.readTextFile(`${folder}/out.svg`), "new");
      }),
  ),
);

Deno.test(
  await where(
    { ...needs, commands: ["mkfifo"] },
    "a pipe, a device, a socket and a folder are refused at once, also behind a link",
    () =>
      inFolder(async (folder) => {
        await new Deno.Command("mkfifo", { args: [`${folder}/pipe`] }).output();
        await Deno.symlink("pipe", `${folder}/link`);
        using _socket = Deno.listen({ transport: "unix", path: `${folder}/socket` });
        for (
          const [path, message] of [
            [`${folder}/pipe`, "it is no regular file"],
            [`${folder}/link`, "it is no regular file"],
            [`${folder}/socket`, "it is no regular file"],
            ["/dev/null", "it is no regular file"],
            [folder, "it is a folder"],
          ] as const
        ) {
          for (const use of [checkWritable, (path: string) => writeAtomically(path, "new")]) {
            await assertRejects(() => within(10, use(path)), Error, message);
          }
        }
        assertEquals(namesIn(folder), ["link", "pipe", "socket"]);
      }),
  ),
);

Deno.test(
  await where(
    needs,
    "writeAtomically leaves the file as it was if it fails",
    () =>
      inFolder(async (folder) => {
        await Deno.mkdir(`${folder}/out.svg`);
        await assertRejects(() => writeAtomically(`${folder}/out.svg`, "new"));
        await assertRejects(() => writeAtomically(`${folder}/none/out.svg`, "new"));
        assertEquals(namesIn(folder), ["out.svg"]);
      }),
  ),
);

Deno.test({
  name: "checkWritable reports a missing permission",
  permissions: { read: false, write: false },
  async fn(): Promise<void> {
    await assertRejects(
      () => checkWritable("/tmp/out.svg"),
      Deno.errors.NotCapable,
      "/tmp/out.svg",
    );
  },
});
