import { assertEquals, assertRejects } from "@std/assert";
import { PictureFile } from "../../../../src/cli/timecli/watch/picture_file.ts";
import { where } from "../../../support/needs.ts";

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
    "PictureFile leaves all as it is until it writes, and then the whole",
    () =>
      inFolder(async (folder) => {
        const path = `${folder}/out.svg`;
        const created = await PictureFile.find(path);
        assertEquals(namesIn(folder), []);
        await created.write("new");
        assertEquals(await Deno.readTextFile(path), "new");

        await Deno.chmod(path, 0o640);
        const replaced = await PictureFile.find(path);
        assertEquals(await Deno.readTextFile(path), "new");
        await replaced.write("newer");
        assertEquals(await Deno.readTextFile(path), "newer");
        assertEquals(((await Deno.stat(path)).mode ?? 0) & 0o777, 0o640);
        assertEquals(namesIn(folder), ["out.svg"]);
      }),
  ),
);

Deno.test(
  await where(
    needs,
    "PictureFile replaces what a link leads to, not the link",
    () =>
      inFolder(async (folder) => {
        await Deno.writeTextFile(`${folder}/out.svg`, "old");
        await Deno.symlink("out.svg", `${folder}/link`);
        await (await PictureFile.find(`${folder}/link`)).write("new");
        assertEquals((await Deno.lstat(`${folder}/link`)).isSymlink, true);
        assertEquals(await Deno.readTextFile(`${folder}/out.svg`), "new");
      }),
  ),
);

Deno.test(
  await where(needs, "PictureFile writes to a device in place", async () => {
    await (await PictureFile.find("/dev/null")).write("new");
    assertEquals((await Deno.stat("/dev/null")).isFile, false);
  }),
);

Deno.test(
  await where(
    needs,
    "PictureFile says in a line, and early, why it cannot",
    () =>
      inFolder(async (folder) => {
        await assertRejects(
          () => PictureFile.find(`${folder}/none/out.svg`),
          Error,
          `Cannot write the picture to ${folder}/none/out.svg: there is no such folder`,
        );
        await assertRejects(() => PictureFile.find(folder), Error, `${folder}: it is a folder`);
        await Deno.writeTextFile(`${folder}/file`, "");
        await assertRejects(
          () => PictureFile.find(`${folder}/file/out.svg`),
          Error,
          "Cannot write",
        );
      }),
  ),
);

Deno.test({
  name: "PictureFile says that the permission is missing",
  permissions: { read: false, write: false },
  async fn(): Promise<void> {
    await assertRejects(() => PictureFile.find("/tmp/out.svg"), Deno.errors.NotCapable, "write");
  },
});
