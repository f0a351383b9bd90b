import { assertEquals, assertMatch } from "@std/assert";
import { where } from "../support/needs.ts";
import { run } from "../support/process.ts";
import { root } from "../support/programs.ts";

Deno.test(
  await where(
    { commands: ["bash", "find"], permissions: [{ name: "write" }], root: true },
    "install_peers.sh unpacks nothing into a folder that another user can change",
    async () => {
      const folder = await Deno.makeTempDir();
      try {
        const peers = `${folder}/peers`;
        const unsafe: readonly (() => Promise<void>)[] = [
          async () => {
            await Deno.mkdir(peers);
            await Deno.chown(peers, 65534, 65534);
          },
          async () => {
            await Deno.mkdir(peers);
            await Deno.chmod(peers, 0o775);
          },
          async () => {
            await Deno.mkdir(peers);
            await Deno.chmod(peers, 0o1777);
          },
          async () => {
            await Deno.mkdir(`${folder}/elsewhere`);
            await Deno.symlink("elsewhere", peers);
          },
        ];
        for (const prepare of unsafe) {
          await prepare();
          // Nothing must be downloaded, so that a missing check fails at once.
          const env = { TIMESRV_PEERS: peers, APT_CONFIG: "/dev/null/nowhere" };
          const command = ["bash", `${root}scripts/install_peers.sh`] as const;
          const { code, stderr } = await run(command, { env });
          assertEquals(code, 1);
          assertMatch(stderr, /^install_peers: [^\n]+ is a link, or another user can change it\n$/);
          assertEquals(await Array.fromAsync(Deno.readDir(peers)), []);
          await Deno.remove(peers);
        }
      } finally {
        await Deno.remove(folder, { recursive: true });
      }
    },
  ),
);
