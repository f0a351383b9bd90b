import { assert, assertEquals } from "@std/assert";
import { X509Certificate } from "node:crypto";
import { makeSelfSigned } from "../../src/crypto/self_signed.ts";

Deno.test("certificates for tests are signed by their authority, for names and addresses, for a time", async () => {
  // Signatures whose numbers begin with a zero octet are one in a hundred.
  for (let i = 0; i < 20; i++) {
    const from = Temporal.Instant.from("2026-11-29T00:00:00.9Z");
    const names = ["localhost", "192.0.2.1", "2001:db8::1"];
    const { authority, certificate, expired, key } = await makeSelfSigned(names, from, 30);
    const [own, read, old] = [authority, certificate, expired].map((pem) =>
      new X509Certificate(pem)
    ) as [X509Certificate, X509Certificate, X509Certificate];
    assertEquals(
      read.subjectAltName?.toLowerCase().replaceAll(" ", ""),
      "dns:localhost,ipaddress:192.0.2.1,ipaddress:2001:db8::1",
    );
    assertEquals(Date.parse(read.validFrom), Date.parse("2026-11-29T00:00:00Z"));
    assertEquals(Date.parse(read.validTo), Date.parse("2026-12-29T00:00:00Z"));
    // A server that presents an authority as its own certificate is refused by many clients.
    assertEquals([own.ca, read.ca, old.ca], [true, false, false]);
    for (const each of [own, read, old]) {
      assertEquals(each.issuer, own.subject);
      assert(each.verify(own.publicKey), "its signature is wrong");
    }
    assertEquals(new Set([own, read, old].map(({ subject }) => subject)).size, 3);
    assertEquals(Date.parse(old.validTo), Date.parse("2026-11-28T00:00:00Z"));
    assert(key.startsWith("-----BEGIN PRIVATE KEY-----\n"));
  }
});
