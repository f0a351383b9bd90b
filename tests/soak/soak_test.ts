import { assert, assertEquals } from "@std/assert";
import { where } from "../support/needs.ts";
import { source } from "../support/programs.ts";
import { findKeyExchangeProblems, soakKeyExchanges } from "./key_exchanges.ts";
import { findProblems } from "./report.ts";
import { soak } from "./soak.ts";

Deno.test(
  await where(
    {
      permissions: [...source.needs.permissions ?? [], { name: "ffi" }, { name: "write" }],
      files: ["/proc/net/udp"],
    },
    "key exchanges of NTS go on beside connections that send anything else",
    async () => {
      const report = await soakKeyExchanges(60);
      assertEquals(findKeyExchangeProblems(report), []);
      assert(report.exchanges >= 60 && report.hostile >= 8, JSON.stringify(report));
    },
  ),
);

for (const transport of ["mmsg", "datagram"]) {
  Deno.test(
    await where(
      {
        permissions: [...source.needs.permissions ?? [], { name: "ffi" }],
        files: ["/proc/net/udp"],
      },
      `${transport} loses nothing under a load that it can serve, beside hostile traffic`,
      async () => {
        const report = await soak({
          seconds: 0,
          rate: 300,
          transports: [transport],
          seed: 1,
          stretchSeconds: 0.2,
        });
        assertEquals(findProblems(report), []);
        const [subject] = report.subjects;
        assert((subject?.stretches ?? []).every(({ good }) => good > 0));
        const { denied = 0, "looks_like_a_reply": reflected = 0 } = subject?.stopped.refused ?? {};
        assert(denied > 0 && reflected > 0, JSON.stringify(subject?.stopped));
      },
    ),
  );
}
