/** The key exchange against TLS servers that are wrong in every way, with OpenSSL. */
import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { query } from "../../../src/client/query.ts";
import { QueryError } from "../../../src/protocols/failure.ts";
import { connectTls, type Stream } from "../../../src/transports/tls/tls_connection.ts";
import { TlsError } from "../../../src/transports/tls/libssl.ts";
import { issue, makeAuthority } from "../../support/certificates.ts";
import { agreed, end, record, serveTls } from "../../support/tls_server.ts";
import { where } from "../../support/needs.ts";
import { sample } from "../../support/property.ts";
import fc from "fast-check";

const needs = {
  commands: ["openssl"],
  permissions: [{ name: "ffi" }, { name: "read" }, { name: "write" }, { name: "run" }],
} as const;

const folder = await Deno.permissions.query({ name: "write" }).then(({ state }) =>
  state === "granted" ? Deno.makeTempDir() : ""
);

const setup = (async () => {
  if (folder === "") return;
  await makeAuthority(folder);
  await makeAuthority(folder, "other");
  await issue(folder, "good");
  await issue(folder, "elsewhere", { subject: "DNS:elsewhere.example,IP:192.0.2.1" });
  await issue(folder, "expired", { options: ["-days", "-1"] });
})();
setup.catch(() => {});

const file = (name: string): string => Deno.readTextFileSync(`${folder}/${name}`);

async function failureOf(url: string, ca = "ca.pem", timeout = "5s"): Promise<string> {
  const asked = query(url, { ntsCa: file(ca), timeout: timeout as "5s" });
  const error = await assertRejects(() => asked, QueryError);
  assertEquals(error.reason, "nts_ke");
  return error.message;
}

Deno.test(
  await where(
    needs,
    "a certificate that is not trusted, or of another name, ends the key exchange",
    async () => {
      await setup;
      await using good = serveTls(folder, { answer: [...agreed, ...end] });
      await using expired = serveTls(folder, {
        certificate: "expired",
        answer: [...agreed, ...end],
      });
      await using elsewhere = serveTls(folder, {
        certificate: "elsewhere",
        answer: [...agreed, ...end],
      });
      const failed = "NTS key exchange with 127.0.0.1:N failed: TLS: certificate verify failed: ";
      const table: readonly (readonly [url: string, ca: string, message: string])[] = [
        [
          `ntp+nts://localhost:${good.port}`,
          "other.pem",
          `${failed}unable to get local issuer certificate`,
        ],
        [
          `ntp+nts://127.0.0.1:${good.port}`,
          "other.pem",
          `${failed}unable to get local issuer certificate`,
        ],
        [`ntp+nts://localhost:${expired.port}`, "ca.pem", `${failed}certificate has expired`],
        [`ntp+nts://localhost:${elsewhere.port}`, "ca.pem", `${failed}hostname mismatch`],
        [`ntp+nts://127.0.0.1:${elsewhere.port}`, "ca.pem", `${failed}IP address mismatch`],
      ];
      for (const [url, ca, message] of table) {
        assertEquals((await failureOf(url, ca)).replace(/:\d+ /, ":N "), message, url);
      }
    },
  ),
);

Deno.test(
  await where(needs, "an answer that gives no keys is an error that names the cause", async () => {
    await setup;
    const table: readonly (readonly [number[], string])[] = [
      [[...record(0x8002, [0, 1]), ...end], "refuses: bad request"],
      [[...record(0x8001, [0, 0]), ...record(0x8004), ...end], "does not offer AES-SIV-CMAC-256"],
      [[...agreed, ...end], "sent no cookie"],
      [agreed, "ended its answer too early"],
      [
        [...agreed, ...Array(20).fill(record(5, Array(1000).fill(1))).flat()],
        "sent too long an answer",
      ],
    ];
    for (const [answer, message] of table) {
      await using server = serveTls(folder, { answer });
      const found = await failureOf(`ntp+nts://127.0.0.1:${server.port}`);
      assertEquals(found, `The NTS key exchange server 127.0.0.1:${server.port} ${message}`);
    }
  }),
);

Deno.test(
  await where(
    needs,
    "a server of another protocol, a silent one and none end within the time limit",
    async () => {
      await setup;
      await using other = serveTls(folder, { protocols: ["h2"], answer: [] });
      await using none = serveTls(folder, { protocols: [], answer: [...agreed, ...end] });
      for (const { port } of [other, none]) {
        assertMatch(await failureOf(`ntp+nts://127.0.0.1:${port}`), /failed: TLS: /);
      }
      await using silent = serveTls(folder, { answer: undefined });
      const url = `ntp+nts://127.0.0.1:${silent.port}`;
      assertEquals(
        await failureOf(url, "ca.pem", "700ms"),
        `NTS key exchange with 127.0.0.1:${silent.port} took too long`,
      );
      const plain = Deno.listen({ hostname: "127.0.0.1", port: 0 });
      const { port } = plain.addr as Deno.NetAddr;
      const accepted = plain.accept();
      assertMatch(
        await failureOf(`ntp+nts://127.0.0.1:${port}`, "ca.pem", "300ms"),
        /took too long/,
      );
      (await accepted).close();
      plain.close();
      assertMatch(
        await failureOf(`ntp+nts://127.0.0.1:${port}`),
        /failed: nothing listens on tcp 127/,
      );
    },
  ),
);

Deno.test(
  await where(
    needs,
    "octets that are no TLS are an error of one kind, however they come",
    async () => {
      await setup;
      const authorities = file("ca.pem");
      const head = fc.constantFrom(
        [],
        [22, 3, 3],
        [21, 3, 3, 0, 2],
        [22, 3, 3, 0, 90, 2, 0, 0, 86],
        [23, 3, 3, 0x40, 0],
      );
      const streams = fc.array(fc.tuple(head, fc.uint8Array({ maxLength: 300 })), { maxLength: 6 });
      for (const pieces of sample(streams, 2000)) {
        const queue = pieces.map(([head, rest]) => Uint8Array.from([...head, ...rest]));
        const stream: Stream = {
          read(buffer): Promise<number | null> {
            const piece = queue.shift();
            if (piece === undefined) return Promise.resolve(null);
            buffer.set(piece);
            return Promise.resolve(piece.length);
          },
          write: (octets) => Promise.resolve(octets.length),
          close: () => {},
        };
        const options = { hostname: "localhost", protocol: "ntske/1", authorities };
        const error = await assertRejects(() => connectTls(stream, options));
        assert(error instanceof TlsError && error.message !== "", `${error}`);
      }
    },
  ),
);

Deno.test({
  name: "the certificates of this file are removed",
  ignore: folder === "",
  fn: () => Deno.remove(folder, { recursive: true }),
});
