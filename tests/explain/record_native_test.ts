import { assertEquals, assertRejects } from "@std/assert";
import { explain } from "../../src/explain/explain.ts";
import { recordExchange } from "../../src/explain/record.ts";
import { QueryError } from "../../src/protocols/failure.ts";
import { serve } from "../../src/server/serve.ts";
import { where } from "../support/needs.ts";

const needs = { permissions: [{ name: "ffi" }, { name: "read" }, { name: "write" }] } as const;

Deno.test(
  await where(needs, "recordExchange by NTS has the key exchange, and one time limit", async () => {
    const folder = await Deno.makeTempDir();
    try {
      const ntsSelfSigned = `${folder}/ca.pem`;
      await using server = await serve("ntp://127.0.0.1:0", {
        ...{ ntsSelfSigned, ntsPort: 0, faults: {} },
      });
      const [address] = server.addresses;
      const url = `ntp+nts://${server.nts?.addresses[0]}`;
      const ntsCa = await Deno.readTextFile(ntsSelfSigned);
      const seen = await recordExchange(url, { ntsCa });
      const { keyExchange, failure } = explain(seen);
      assertEquals([seen.url, failure, (keyExchange?.answer.length ?? 0) > 0], [
        url,
        undefined,
        true,
      ]);
      // Each try uses a cookie up, of which there are eight.
      address?.faults?.set({ drop: 1 });
      const options = { ntsCa, retries: 20, timeout: "500ms" } as const;
      const error = await assertRejects(() => recordExchange(url, options), QueryError);
      assertEquals([error.reason, error.message], [
        "timeout",
        `No reply from 127.0.0.1:${address?.port} within 0.5 s`,
      ]);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  }),
);
