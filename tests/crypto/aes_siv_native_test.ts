import { assert } from "@std/assert";
import { where } from "../support/needs.ts";
import { measureGrowth } from "../support/memory.ts";

Deno.test(
  await where(
    { permissions: [{ name: "run" }, { name: "read" }] },
    "neither AES-CMAC nor AES-SIV keeps memory, however often they are used",
    async () => {
      const growth = await measureGrowth(`
        import { AesSiv } from "./src/crypto/aes_siv.ts";
        const siv = new AesSiv(new Uint8Array(32));
        const text = new Uint8Array(64);
        const use = (times) => {
          for (let i = 0; i < times; i++) siv.open(siv.seal(text, [text]), [text]);
        };
        use(2000);
        globalThis.before = Deno.memoryUsage().rss;
        use(20_000);`);
      // A cipher that is kept is 900 octets, and there are eight each time: 144 MB.
      assert(growth < 48e6, `${growth} octets`);
    },
  ),
);
