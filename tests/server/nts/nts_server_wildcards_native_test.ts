/** Key exchanges on wildcards: on Linux a TCP socket on all IPv6 addresses takes those of IPv4 as well. */
import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { join } from "node:path";
import { query, QueryError, serve } from "../../../mod.ts";
import { where } from "../../support/needs.ts";

/** A TCP port that is free on all addresses. */
function freePort(): number {
  using listener = Deno.listen({ hostname: "::", port: 0 });
  return listener.addr.port;
}

Deno.test(
  await where(
    {
      commands: ["openssl"],
      permissions: [{ name: "ffi" }, { name: "read" }, { name: "write" }],
      ipv6: true,
      linux: true,
    },
    "both wildcards exchange keys on one port, each for its own NTP",
    async () => {
      const folder = await Deno.makeTempDir();
      try {
        for (const hosts of [["0.0.0.0", "[::]"], ["[::]", "0.0.0.0"], ["[::]"], ["0.0.0.0"]]) {
          const port = freePort();
          const certificate = join(folder, "ca.pem");
          await using server = await serve(hosts.map((host) => `ntp://${host}:0`), {
            transport: "mmsg",
            ntsSelfSigned: certificate,
            ntsPort: port,
          });
          const ntsCa = await Deno.readTextFile(certificate);
          for (const [wildcard, target] of [["0.0.0.0", "127.0.0.1"], ["[::]", "[::1]"]] as const) {
            const asked = query(`ntp+nts://${target}:${port}`, { ntsCa, timeout: "10s" });
            const own = server.addresses[hosts.indexOf(wildcard)];
            if (own === undefined) {
              const { reason, message } = await assertRejects(() => asked, QueryError);
              assertEquals(reason, "nts_ke");
              assertMatch(message, /^NTS key exchange (with|failed: nothing listens on) /);
            } else {
              const reply = await asked;
              assertEquals(reply.protocol === "ntp" && reply.authenticated, "nts");
              assertEquals(reply.from.port, own.port);
            }
          }
        }
      } finally {
        await Deno.remove(folder, { recursive: true });
      }
    },
  ),
);
