/** Faults of key exchanges: what this project's client makes of each, and when they are triggered. */
import { assertEquals, assertRejects } from "@std/assert";
import { query } from "../../../src/client/query.ts";
import { QueryError } from "../../../src/protocols/failure.ts";
import type { FaultsOptions } from "../../../src/server/faults/options.ts";
import { serve } from "../../../src/server/serve.ts";
import { where } from "../../support/needs.ts";

const needs = { permissions: [{ name: "ffi" }, { name: "read" }, { name: "write" }] } as const;

Deno.test(
  await where(needs, "each fault of a key exchange fails it, when it is triggered", async () => {
    const folder = await Deno.makeTempDir();
    try {
      const ntsSelfSigned = `${folder}/ca.pem`;
      await using server = await serve("ntp://127.0.0.1:0", {
        ...{ ntsSelfSigned, ntsPort: 0, faults: { "nts-ke": 1 } },
      });
      const [address, keyExchange = ""] = [server.addresses[0], server.nts?.addresses[0]];
      const ntsCa = await Deno.readTextFile(ntsSelfSigned);
      const ask = async (timeout: "1s" | "10s" = "10s"): Promise<string> => {
        try {
          const reply = await query(`ntp+nts://${keyExchange}`, { ntsCa, timeout });
          return "authenticated" in reply ? `${reply.authenticated}` : "";
        } catch (error) {
          if (!(error instanceof QueryError)) throw error;
          assertEquals(error.reason, "nts_ke");
          return error.message.replace(keyExchange, "HOST");
        }
      };
      const refuses = "The NTS key exchange server HOST refuses: internal server error";
      assertEquals(await ask(), refuses);
      const set = (faults: FaultsOptions): void => address?.faults?.set(faults);
      const expired = "NTS key exchange with HOST failed: TLS: certificate verify failed: " +
        "certificate has expired";
      const table: readonly (readonly [FaultsOptions, ...expected: string[]])[] = [
        [{}, "nts"],
        [{ "nts-ke": { value: "refuse" } }, refuses],
        [
          { "nts-ke": { value: "no-cookies" } },
          "The NTS key exchange server HOST sent no cookie",
        ],
        [{ "nts-ke": { value: "expired" } }, expired],
        [{ "nts-ke": { every: 2 } }, "nts", refuses, "nts", refuses],
        [{ "nts-ke": { value: "expired", after: 1 } }, "nts", expired, expired],
        [{ "nts-ke": { clients: "192.0.2.0/24" } }, "nts"],
        [{ "nts-ke": { from: "1h" } }, "nts"],
        [{ "nts-ke": { from: Temporal.Duration.from({ hours: 1 }) } }, "nts"],
        // They count key exchanges, and spare replies; others spare key exchanges.
        [{ "nts-ke": { after: 1 }, drop: 0, stratum: { probability: 0 } }, "nts", refuses],
      ];
      for (const [faults, ...expected] of table) {
        set(faults);
        const found = [];
        for (let i = 0; i < expected.length; i++) found.push(await ask());
        assertEquals(found, expected, JSON.stringify(faults));
      }
      set({ "nts-ke": { value: "stall" } });
      assertEquals(await ask("1s"), "NTS key exchange with HOST took too long");
      address?.faults?.clear();
      assertEquals(await ask(), "nts");
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  }),
);

Deno.test(
  await where(needs, "an unknown fault of a key exchange is refused by its name", async () => {
    const faults = { "nts-ke": { value: "sleep" } } as unknown as FaultsOptions;
    await assertRejects(
      () => serve("ntp://127.0.0.1:0", { faults }),
      SyntaxError,
      'faults.nts-ke.value is "sleep", expected refuse, stall, no-cookies or expired',
    );
  }),
);
