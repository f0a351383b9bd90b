import { assert } from "@std/assert";
import { measureGrowth } from "../../../support/memory.ts";
import { where } from "../../../support/needs.ts";

/** An implementation of AES, the requests, and the octets that they may take for good. */
const ways = [
  ["libcrypto", "openLibcrypto()", 100_000, 8e6],
  ["node:crypto", "nodeAes", 20_000, 48e6],
] as const;

for (const [name, aes, count, most] of ways) {
  Deno.test(
    await where(
      { permissions: [{ name: "run" }, { name: "read" }, { name: "ffi" }], linux: true },
      `many requests by one cookie keep no memory, sealed by ${name}`,
      async () => {
        const growth = await measureGrowth(`
          import { nodeAes } from "./src/crypto/aes.ts";
          import { AesSiv } from "./src/crypto/aes_siv.ts";
          import { KeyRing, KeyRingReader } from "./src/crypto/key_ring.ts";
          import { openLibcrypto } from "./src/crypto/libcrypto.ts";
          import { ntpRequest } from "./src/protocols/ntp/protocol.ts";
          import { makeCookie } from "./src/protocols/ntp/nts/cookie.ts";
          import { sealRequest } from "./src/protocols/ntp/nts/fields.ts";
          import { NtsSealer } from "./src/protocols/ntp/nts/sealer.ts";
          import { builtIn, exchangeOf, NOW } from "./tests/support/services.ts";
          const aes = ${aes};
          const keys = new KeyRing();
          const ring = new KeyRingReader(keys.memory, aes);
          const service = builtIn("ntp", { nts: new NtsSealer(ring, { aes }) });
          const session = { c2s: new Uint8Array(32).fill(1), s2c: new Uint8Array(32).fill(2) };
          const request = sealRequest({
            header: ntpRequest().octets,
            identifier: new Uint8Array(32),
            cookie: makeCookie(ring.newest, session),
            missing: 0,
            nonce: new Uint8Array(16),
            c2s: new AesSiv(session.c2s),
          });
          const exchange = exchangeOf(request, new Uint8Array(1232));
          const ask = (times) => {
            for (let i = 0; i < times; i++) {
              if (service.respond(exchange) !== request.length) throw new Error("refused");
              service.finish([exchange], 0, 1, NOW);
            }
          };
          ask(5000);
          globalThis.before = Deno.memoryUsage().rss;
          ask(${count});`);
        // Its cookie kept of each is 10 MB by libcrypto; a dozen ciphers, of 900 octets each, are 200 MB by the other.
        assert(growth < most, `${growth} octets`);
      },
    ),
  );
}
