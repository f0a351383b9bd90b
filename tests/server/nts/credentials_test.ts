import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { makeSelfSigned } from "../../../src/crypto/self_signed.ts";
import {
  makeCredentials,
  readCredentials,
  versionOf,
  writeAuthority,
} from "../../../src/server/nts/credentials.ts";
import { where } from "../../support/needs.ts";

const needs = {
  permissions: [{ name: "ffi" }, { name: "read" }, { name: "write" }],
} as const;

const now = Temporal.Instant.from("2026-11-29T12:00:00Z");
const day = (days: number): Temporal.Instant => now.add({ hours: 24 * days });

Deno.test(
  await where(
    needs,
    "certificate and key that are not good for a server are errors of one line",
    async () => {
      const folder = await Deno.makeTempDir();
      const write = async (name: string, text: string, mode = 0o600): Promise<void> => {
        await Deno.writeTextFile(`${folder}/${name}`, text, { mode });
        await Deno.chmod(`${folder}/${name}`, mode);
      };
      try {
        const good = await makeSelfSigned(["localhost"], day(-1), 30);
        const old = await makeSelfSigned(["localhost"], day(-31), 30);
        const early = await makeSelfSigned(["localhost"], day(1), 30);
        for (const [name, made] of Object.entries({ good, old, early })) {
          await write(`${name}.pem`, made.certificate, 0o644);
          await write(`${name}.key`, made.key);
        }
        await write("open.key", good.key, 0o604);
        await write("group.key", good.key, 0o640);
        await write("garbage.pem", "garbage");
        await write("half.pem", good.certificate.slice(0, 300));
        await write("encrypted.key", good.key.replaceAll("PRIVATE KEY", "ENCRYPTED PRIVATE KEY"));
        await Deno.mkdir(`${folder}/folder`);
        const table: readonly (readonly [certificate: string, key: string, message: string])[] = [
          [
            "none",
            "good.key",
            'Cannot read the certificate of NTS "F/none": there is no such file or folder',
          ],
          [
            "good.pem",
            "none",
            'Cannot read the key of NTS "F/none": there is no such file or folder',
          ],
          ["folder", "good.key", 'Cannot read the certificate of NTS "F/folder": it is a folder'],
          ["good.pem", "folder", 'Cannot read the key of NTS "F/folder": it is a folder'],
          [
            "good.pem",
            "open.key",
            'Others may use the key of NTS "F/open.key": run chmod o= on it',
          ],
          ["garbage.pem", "good.key", "Cannot serve NTS: there is no certificate in PEM"],
          ["half.pem", "good.key", "Cannot serve NTS: there is no certificate in PEM"],
          ["good.key", "good.key", "Cannot serve NTS: there is no certificate in PEM"],
          ["good.pem", "garbage.pem", "Cannot serve NTS: there is no private key in PEM"],
          ["good.pem", "encrypted.key", "Cannot serve NTS: the key is encrypted"],
          ["good.pem", "old.key", "Cannot serve NTS: the key is not that of the certificate"],
          [
            "old.pem",
            "old.key",
            'Cannot serve NTS: the certificate in "F/old.pem" expired on 2026-11-28T12:00:00Z',
          ],
          [
            "early.pem",
            "early.key",
            'Cannot serve NTS: the certificate in "F/early.pem" is not valid before 2026-11-30T12:00:00Z',
          ],
        ];
        for (const [certificate, key, message] of table) {
          const files = { ntsCert: `${folder}/${certificate}`, ntsKey: `${folder}/${key}` };
          const error = await assertRejects(() => readCredentials(files, now), Error);
          assertEquals(error.message.replaceAll(folder, "F"), message, `${certificate} ${key}`);
        }
        for (const key of ["good.key", "group.key"]) {
          const files = { ntsCert: `${folder}/good.pem`, ntsKey: `${folder}/${key}` };
          const read = await readCredentials(files, now);
          const { certificate, key: secret } = good;
          assertEquals(read, { certificate, key: secret, end: day(29) });
        }
        // A chain, in which the certificate of the server is the first.
        await write("chain.pem", good.certificate + old.certificate);
        const files = { ntsCert: `${folder}/chain.pem`, ntsKey: `${folder}/good.key` };
        assertEquals((await readCredentials(files, now)).end, day(29));
      } finally {
        await Deno.remove(folder, { recursive: true });
      }
    },
  ),
);

Deno.test(
  await where(
    needs,
    "a certificate for tests is written for all to read, and its key is not",
    async () => {
      const folder = await Deno.makeTempDir();
      try {
        const file = `${folder}/ca.pem`;
        const made = await makeCredentials(["192.0.2.1", "::"], now);
        const { certificate, key, end } = made;
        await writeAuthority(file, made);
        const written = await Deno.readTextFile(file);
        assertEquals(end, day(29));
        assert(key.includes("PRIVATE KEY") && !written.includes("PRIVATE"));
        const { X509Certificate } = await import("node:crypto");
        const [authority, served] = [
          new X509Certificate(written),
          new X509Certificate(certificate),
        ];
        assertEquals([authority.ca, served.ca, served.issuer], [true, false, authority.subject]);
        const names = served.subjectAltName ?? "";
        for (const name of ["DNS:localhost", "IP Address:127.0.0.1", "IP Address:192.0.2.1"]) {
          assert(names.includes(name), names);
        }
        const nowhere = `${folder}/none/ca.pem`;
        const error = await assertRejects(() => writeAuthority(nowhere, made), Error);
        assertMatch(
          error.message,
          /^Cannot write the certificate of NTS to ".*": there is no such file or folder$/,
        );
      } finally {
        await Deno.remove(folder, { recursive: true });
      }
    },
  ),
);

Deno.test(
  await where(needs, "a file that is replaced, changed or renamed is another version", async () => {
    const folder = await Deno.makeTempDir();
    try {
      const [a, b] = [`${folder}/a`, `${folder}/b`];
      await Deno.writeTextFile(a, "1");
      await Deno.writeTextFile(b, "1");
      const first = await versionOf([a]);
      assertEquals(await versionOf([a]), first);
      await Deno.writeTextFile(a, "22");
      const second = await versionOf([a]);
      assert(second !== undefined && second !== first);
      await Deno.rename(b, a);
      const third = await versionOf([a]);
      assert(third !== undefined && third !== second && third !== first);
      assertEquals(await versionOf([a, b]), undefined);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  }),
);
