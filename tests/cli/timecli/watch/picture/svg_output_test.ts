import { assertEquals } from "@std/assert";
import { drawPicture } from "../../../../../src/cli/timecli/watch/picture/svg.ts";
import { where } from "../../../../support/needs.ts";
import { watchedForMoments } from "../watched_servers.ts";

/** One element per item, whatever blanks there are, and numbers as far as they can be seen. */
function elementsOf(svg: string): string[] {
  return svg.replaceAll(/-?\d+\.\d{3,}/g, (number) => Number(number).toFixed(2))
    .replaceAll(/\s+/g, " ").replaceAll(/> | (?=<|\/>|>)/g, (blank) => blank.trim())
    .split(/(?=<)/);
}

Deno.test(
  await where(
    { permissions: [{ name: "read" }] },
    "drawPicture draws the picture in picture.svg of servers of every kind",
    async () => {
      const expected = await Deno.readTextFile(new URL("picture.svg", import.meta.url));
      assertEquals(elementsOf(drawPicture(watchedForMoments())), elementsOf(expected));
    },
  ),
);
