/** The key exchange by a child of Deno, where OpenSSL is missing. */
import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { exchangeKeys } from "../../../src/client/nts/key_exchange.ts";
import { ClientNtsSession } from "../../../src/client/nts/session.ts";
import { parseTarget } from "../../../src/protocols/endpoint.ts";
import { QueryError } from "../../../src/protocols/failure.ts";
import { NoLibsslError } from "../../../src/transports/tls/libssl.ts";
import { TlsChild } from "../../../src/transports/tls/tls_child.ts";
import { connectTls } from "../../../src/transports/tls/tls_connection.ts";
import { issue, makeAuthority } from "../../support/certificates.ts";
import { where } from "../../support/needs.ts";
import { agreed, end, record, serveTls } from "../../support/tls_server.ts";

const needs = {
  commands: ["openssl"],
  permissions: [{ name: "ffi" }, { name: "read" }, { name: "write" }, { name: "run" }],
} as const;

const PROTOCOL = "ntske/1";

function findNone(): never {
  throw new NoLibsslError("there is none");
}

/** Certificates in a folder of their own. */
async function makeCertificates(): Promise<AsyncDisposable & { readonly folder: string }> {
  const folder = await Deno.makeTempDir();
  await makeAuthority(folder);
  await makeAuthority(folder, "other");
  await issue(folder, "good");
  await issue(folder, "expired", { options: ["-days", "-1"] });
  return { folder, [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }) };
}

Deno.test(
  await where(needs, "without OpenSSL, Deno's own TLS refuses what OpenSSL refuses", async () => {
    await using certificates = await makeCertificates();
    const { folder } = certificates;
    const cookies = [1, 2].map((octet) => record(5, Array(100).fill(octet))).flat();
    const answer = [...agreed, ...cookies, ...record(7, [0x04, 0x63]), ...end];
    await using good = serveTls(folder, { answer });
    await using expired = serveTls(folder, { certificate: "expired", answer });
    await using other = serveTls(folder, { protocols: ["h2"], answer });
    await using none = serveTls(folder, { protocols: [], answer });
    await using short = serveTls(folder, { answer: agreed });
    const exchange = (
      hostname: string,
      port: number,
      ca: string,
    ): ReturnType<typeof exchangeKeys> =>
      exchangeKeys(
        {
          ...{ hostname, port, address: "127.0.0.1" },
          authorities: Deno.readTextFileSync(`${folder}/${ca}.pem`),
        },
        new AbortController().signal,
        findNone,
      );
    for (const hostname of ["localhost", "127.0.0.1"]) {
      const { cookies, port } = await exchange(hostname, good.port, "ca");
      assertEquals([port, cookies.map(({ length, 0: octet }) => [length, octet])], [
        1123,
        [[100, 1], [100, 2]],
      ]);
    }
    const table: readonly (readonly [string, number, string, RegExp])[] = [
      ["localhost", good.port, "other", / failed: TLS: invalid peer certificate: UnknownIssuer$/],
      ["localhost", expired.port, "ca", / failed: TLS: invalid peer certificate: Expired$/],
      ["elsewhere.example", good.port, "ca", / failed: TLS: .* not valid for name "elsewhere/],
      ["192.0.2.1", good.port, "ca", / failed: TLS: .* not valid for name "192\.0\.2\.1"/],
      ["localhost", other.port, "ca", / failed: TLS: /],
      ["localhost", none.port, "ca", / failed: TLS: the server does not speak ntske\/1$/],
      ["localhost", short.port, "ca", / ended its answer too early$/],
      ["localhost", 1, "ca", / failed: Connection refused/],
    ];
    for (const [hostname, port, ca, message] of table) {
      const error = await assertRejects(() => exchange(hostname, port, ca), QueryError);
      assertEquals(error.reason, "nts_ke");
      assertMatch(error.message, message);
    }
  }),
);

Deno.test(
  await where(needs, "the child's exporter secret belongs to its connection alone", async () => {
    await using certificates = await makeCertificates();
    const { folder } = certificates;
    await using server = serveTls(folder, { answer: [...agreed, ...end] });
    const authorities = await Deno.readTextFile(`${folder}/ca.pem`);
    const [address, port] = ["127.0.0.1", server.port];
    const options = { hostname: "localhost", protocol: PROTOCOL, authorities };
    const context = Uint8Array.of(0, 0, 0, 15, 0);
    const keys: string[] = [];
    for (let i = 0; i < 2; i++) {
      const request = Uint8Array.of(1);
      const { signal } = new AbortController();
      await using child = await TlsChild.open({ ...options, address, port, request }, signal);
      assertEquals(await child.read(), Uint8Array.from([...agreed, ...end]));
      for (const octet of [0, 1]) {
        context[4] = octet;
        keys.push((await child.exportKey("EXPORTER-test", context, 32)).toHex());
      }
    }
    using tls = await connectTls(await Deno.connect({ port }), options);
    keys.push(tls.exportKey("EXPORTER-test", context, 32).toHex());
    assertEquals([new Set(keys).size, new Set(keys.map(({ length }) => length))], [
      5,
      new Set([64]),
    ]);
  }),
);

Deno.test(
  await where(needs, "a silent server ends the child at the time limit", async () => {
    await using certificates = await makeCertificates();
    const { folder } = certificates;
    await using silent = serveTls(folder, { answer: undefined });
    const target = {
      ...parseTarget(`ntp+nts://127.0.0.1:${silent.port}`),
      addresses: ["127.0.0.1"],
    };
    const session = new ClientNtsSession(
      target,
      (target, signal) => exchangeKeys(target, signal, findNone),
    );
    const ntsCa = await Deno.readTextFile(`${folder}/ca.pem`);
    const error = await assertRejects(() => session.prepare(target, 1, { ntsCa }), QueryError);
    assertEquals(
      error.message,
      `NTS key exchange with 127.0.0.1:${silent.port} took too long`,
    );
  }),
);
