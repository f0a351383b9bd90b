import { assert, assertEquals } from "@std/assert";
import { X509Certificate } from "node:crypto";
import { makeSelfSigned } from "../../src/crypto/self_signed.ts";

Deno.test("a certificate for tests is signed by its own key, for names and addresses, for a time", async () => {
  // Signatures whose numbers begin with a zero octet are one in a hundred.
  for (let i = 0; i < 20; i++) {
    const from = Temporal.Instant.from("2026-11-29T00:00:00.9Z");
    const names = ["localhost", "192.0.2.1", "2001:db8::1"];
    const { certificate, key } = await makeSelfSigned(names, from, 30);
    const read = new X509Certificate(certificate);
    assertEquals(
      read.subjectAltName?.toLowerCase().replaceAll(" ", ""),
      "dns:localhost,ipaddress:192.0.2.1,ipaddress:2001:db8::1",
    );
    assertEquals(Date.parse(read.validFrom), Date.parse("2026-11-29T00:00:00Z"));
    assertEquals(Date.parse(read.validTo), Date.parse("2026-12-29T00:00:00Z"));
    assert(read.ca);
    assert(read.verify(read.publicKey), "its signature is wrong");
    assert(key.startsWith("-----BEGIN PRIVATE KEY-----\n"));
  }
});
