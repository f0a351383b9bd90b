/** Certificates and keys in PEM, as people have them in files. */
import { assertEquals, assertThrows } from "@std/assert";
import { makeSelfSigned } from "../../../src/crypto/self_signed.ts";
import { readCredentials } from "../../../src/server/nts/credentials.ts";
import { TlsError } from "../../../src/transports/tls/libssl.ts";
import { TlsServer } from "../../../src/transports/tls/tls_server.ts";
import { where } from "../../support/needs.ts";
import { run } from "../../support/process.ts";

const needs = {
  commands: ["openssl"],
  permissions: [{ name: "ffi" }, { name: "read" }, { name: "write" }, { name: "run" }],
} as const;

const now = Temporal.Instant.from("2026-11-29T12:00:00Z");

Deno.test(
  await where(needs, "a certificate that OpenSSL refuses or cannot read is named", async () => {
    const folder = await Deno.makeTempDir();
    try {
      const { certificate, key } = await makeSelfSigned(["localhost"], now, 1);
      const short = ["req", "-x509", "-newkey", "rsa:512", "-nodes", "-subj", "/CN=short"];
      await run(["openssl", ...short, "-keyout", "key", "-out", "pem"], { cwd: folder });
      const [shortCertificate, shortKey] = await Promise.all(
        ["pem", "key"].map((name) => Deno.readTextFile(`${folder}/${name}`)),
      ) as [string, string];
      const broken = certificate.replace(/\n.{64}\n/, "\n");
      const table = [
        [shortCertificate, shortKey, "OpenSSL refuses a certificate: ee key too small"],
        [certificate + broken, key, "certificate 2 of the PEM is broken"],
        [broken, key, "there is no certificate in PEM"],
        [certificate, shortKey, "the key is not that of the certificate"],
      ] as const;
      for (const [certificate, key, message] of table) {
        const error = assertThrows(
          () => new TlsServer({ certificate, key, protocol: "ntske/1" }),
          TlsError,
        );
        assertEquals(error.message, message);
      }
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  }),
);

Deno.test(
  await where(needs, "a key may be in the file of its certificate, before it", async () => {
    const folder = await Deno.makeTempDir();
    try {
      const { certificate, key } = await makeSelfSigned(["localhost"], now, 1);
      const file = `${folder}/both.pem`;
      const text = `${key}Subject: CN=timesrv\n${certificate}`.replaceAll("\n", "\r\n");
      await Deno.writeTextFile(file, text, { mode: 0o600 });
      const read = await readCredentials({ ntsCert: file, ntsKey: file }, now);
      assertEquals(read, { certificate: text, key: text, end: now.add({ hours: 24 }) });
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  }),
);
