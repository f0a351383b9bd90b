import { assertEquals } from "@std/assert";
import { makeModule, MODULE } from "../../scripts/page.ts";
import { where } from "../support/needs.ts";
import { root } from "../support/programs.ts";

Deno.test(
  await where(
    { permissions: [{ name: "read" }, { name: "write" }, { name: "run" }, { name: "env" }] },
    "web pages load what `deno task page` makes of timesync.js",
    async () => {
      const written = await Deno.readTextFile(root + MODULE);
      assertEquals(await makeModule(), written, `${MODULE} is out of date: deno task page`);
    },
  ),
);
