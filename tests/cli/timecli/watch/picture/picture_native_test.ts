import { assertRejects } from "@std/assert";
import { checkPicture } from "../../../../../src/cli/timecli/watch/picture/picture.ts";
import { where } from "../../../../support/needs.ts";

Deno.test(
  await where(
    { permissions: [{ name: "read" }, { name: "write" }] },
    "checkPicture gives the reason in one line",
    async () => {
      const folder = await Deno.makeTempDir();
      try {
        await assertRejects(
          () => checkPicture(`${folder}/none/out.svg`),
          Error,
          `Cannot write the picture to ${folder}/none/out.svg: there is no such folder`,
        );
        await assertRejects(() => checkPicture(folder), Error, `${folder}: it is a folder`);
        await Deno.writeTextFile(`${folder}/file`, "");
        await assertRejects(() => checkPicture(`${folder}/file/out.svg`), Error, "Cannot write");
      } finally {
        await Deno.remove(folder, { recursive: true });
      }
    },
  ),
);
