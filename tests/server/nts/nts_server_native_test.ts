/** The NTS server over time: its certificate, its keys, and the thread that exchanges keys. */
import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { query } from "../../../src/client/query.ts";
import { makeSelfSigned } from "../../../src/crypto/self_signed.ts";
import { planGuard } from "../../../src/server/guard/guard.ts";
import { NtsServer } from "../../../src/server/nts/nts_server.ts";
import { serve } from "../../../src/server/serve.ts";
import type { ServerAddress } from "../../../src/server/serve_options.ts";
import { collectingLog } from "../../support/collecting_log.ts";
import { FakeTime } from "../../support/fake_time.ts";
import { where } from "../../support/needs.ts";
import { connectTls } from "../../../src/transports/tls/tls_connection.ts";
import { until } from "../../support/wait.ts";

const needs = {
  permissions: [{ name: "ffi" }, { name: "read" }, { name: "write" }],
} as const;

const HOUR_MS = 3_600_000;
const BUNDLED = Symbol.for("timesrv.worker");

const address = (hostname: string, port: number, protocol = "ntp"): ServerAddress =>
  ({ url: `${protocol}://${hostname}:${port}`, protocol, hostname, port }) as ServerAddress;

Deno.test(
  await where(
    needs,
    "a server gives authenticated time over each transport, and counts key exchanges",
    async () => {
      const folder = await Deno.makeTempDir();
      try {
        for (const transport of ["datagram", "auto"] as const) {
          const log = collectingLog();
          const options = { ntsSelfSigned: `${folder}/ca.pem`, ntsPort: 0, transport, log };
          await using server = await serve(["ntp://127.0.0.1:0", "time://127.0.0.1:0"], options);
          const [tcp = ""] = server.nts?.addresses ?? [];
          const port = Number(tcp.split(":")[1]);
          assertEquals(server.nts?.addresses, [`127.0.0.1:${port}`]);
          assertMatch(log.text(), new RegExp(`NTS key exchange on tcp 127.0.0.1:${port}\n`));
          const ntsCa = await Deno.readTextFile(`${folder}/ca.pem`);
          for (const host of ["localhost", "127.0.0.1"]) {
            const reply = await query(`ntp+nts://${host}:${port}`, { ntsCa });
            assert(reply.protocol === "ntp");
            assertEquals(reply.authenticated, "nts");
          }
          await assertRejects(() => query(`ntp+nts://localhost:${port}`), "verify failed");
          const counts = (): Record<string, number> => ({ ...server.nts?.keyExchanges });
          await until(() => counts()["answered"] === 2 && counts()["failed"] === 1);
          // What strangers do in a key exchange is not logged.
          assertEquals(log.lines().filter((line) => /fail|TLS|exchange/i.test(line)).length, 1);
        }
      } finally {
        await Deno.remove(folder, { recursive: true });
      }
    },
  ),
);

Deno.test(
  await where(
    needs,
    "a certificate that changes holds after a minute, and one that is bad does not",
    async () => {
      const folder = await Deno.makeTempDir();
      const time = new FakeTime("2026-11-29T12:00:00Z");
      const log = collectingLog();
      const [ntsCert, ntsKey] = [`${folder}/cert.pem`, `${folder}/key.pem`];
      const renew = async (days: number): Promise<string> => {
        const from = time.now().subtract({ hours: 24 });
        const { authority, certificate, key } = await makeSelfSigned(["localhost"], from, days);
        await Deno.writeTextFile(ntsCert, certificate);
        await Deno.writeTextFile(ntsKey, key, { mode: 0o600 });
        return authority;
      };
      await renew(10);
      const options = { ntsCert, ntsKey, ntsPort: 0 };
      const server = await NtsServer.create(options, ["127.0.0.1"], { log, timers: time });
      try {
        await server.start([address("127.0.0.1", 1123)], planGuard({}));
        const port = Number(server.report.addresses[0]?.split(":")[1]);
        assertEquals(server.report.certificateEnd, time.now().add({ hours: 9 * 24 }));
        assertEquals(log.lines().length, 1, "a warning: it ends within two weeks");
        assertMatch(log.text(), /The certificate of NTS ends on 2026-12-08T12:00:00Z\n/);
        const meet = async (authorities: string): Promise<void> => {
          const options = { hostname: "localhost", protocol: "ntske/1", authorities };
          (await connectTls(await Deno.connect({ port }), options))[Symbol.dispose]();
        };
        const second = await renew(60);
        await assertRejects(() => meet(second));
        await time.advance(60_000);
        await until(() => log.lines().length === 2);
        assertMatch(
          log.text(),
          /Changed: certificate of NTS, which ends on 2027-01-27T12:00:00Z\n/,
        );
        // The thread receives it after this one has logged it.
        await until(() =>
          server.report.certificateEnd.epochMilliseconds > Date.parse("2027-01-01")
        );
        await meet(second);
        await Deno.writeTextFile(ntsKey, "garbage");
        await time.advance(60_000);
        await until(() => log.lines().length === 3);
        assertMatch(
          log.lines()[2] ?? "",
          /The certificate of NTS is still the old one: Cannot serve NTS: there is no private key/,
        );
        // It is named once.
        await time.advance(60_000);
        await meet(second);
        assertEquals(log.lines().length, 3);
        const third = await renew(90);
        await Deno.chmod(ntsKey, 0o644);
        await time.advance(60_000);
        await until(() => log.lines().length === 4);
        assertMatch(log.lines()[3] ?? "", /still the old one: Others may use the key of NTS /);
        // What mends it changes neither the text nor the time of the file.
        await Deno.chmod(ntsKey, 0o600);
        await time.advance(60_000);
        await until(() => log.lines().length === 5);
        assertMatch(log.lines()[4] ?? "", /Changed: certificate of NTS, which ends on 2027-02-26T/);
        await meet(third);
      } finally {
        server.shutdown();
        await Deno.remove(folder, { recursive: true });
      }
    },
  ),
);

Deno.test(
  await where(
    needs,
    "there is a new key of cookies every day, and one listener for each address with NTP",
    async () => {
      const folder = await Deno.makeTempDir();
      const time = new FakeTime();
      const options = { ntsSelfSigned: `${folder}/ca.pem`, ntsPort: 0 };
      const server = await NtsServer.create(options, ["127.0.0.1"], { timers: time });
      try {
        await server.start(
          [
            address("127.0.0.1", 1123),
            address("127.0.0.1", 1124),
            address("127.0.0.2", 1125, "auto"),
            address("127.0.0.3", 37, "time"),
          ],
          planGuard({}),
        );
        const hosts = server.report.addresses.map((each) => each.split(":")[0]);
        assertEquals(hosts, ["127.0.0.1", "127.0.0.2"]);
        const first = server.report.newestKey;
        assertEquals(first, time.now());
        await time.advance(24 * HOUR_MS - 1);
        assertEquals(server.report.newestKey, first);
        await time.advance(1);
        assertEquals(server.report.newestKey, first.add({ hours: 24 }));
      } finally {
        server.shutdown();
        await Deno.remove(folder, { recursive: true });
      }
    },
  ),
);

/** A thread that is ready at once, and dies of the first certificate that comes after its setup. */
const DYING = `onmessage = ({ data }) => {
  if (data.listeners === undefined) throw new Error("out of luck\\nat line 5");
  postMessage({ event: "ready", ports: data.listeners.map(({ port }) => port || 4460) });
}`;

Deno.test(
  await where(
    needs,
    "a thread that dies is replaced by one on the same port, with the newest certificate",
    async () => {
      const folder = await Deno.makeTempDir();
      const time = new FakeTime();
      const log = collectingLog();
      const [ntsCert, ntsKey] = [`${folder}/cert.pem`, `${folder}/key.pem`];
      const renew = async (): Promise<void> => {
        const from = time.now().subtract({ hours: 24 });
        const { certificate, key } = await makeSelfSigned(["localhost"], from, 60);
        await Deno.writeTextFile(ntsCert, certificate);
        await Deno.writeTextFile(ntsKey, key, { mode: 0o600 });
      };
      await renew();
      Reflect.set(globalThis, BUNDLED, `data:text/javascript,${encodeURIComponent(DYING)}`);
      const options = { ntsCert, ntsKey, ntsPort: 0 };
      const server = await NtsServer.create(options, ["127.0.0.1"], { log, timers: time });
      try {
        await server.start([address("127.0.0.1", 1123)], planGuard({}));
        assertEquals(server.report.addresses, ["127.0.0.1:4460"]);
        const deaths = (): string[] => log.lines().filter((line) => /died/.test(line));
        for (const [number, pause] of ["0.1", "0.1"].entries()) {
          await renew();
          await time.advance(60_000);
          await until(() => deaths().length === number + 1);
          assertMatch(
            deaths()[number] ?? "",
            new RegExp(
              `The thread of the NTS key exchange died and is replaced in ${pause} s: .*out of luck$`,
            ),
          );
          await time.advance(100);
        }
        assertEquals(server.report.addresses, ["127.0.0.1:4460"]);
      } finally {
        server.shutdown();
        Reflect.deleteProperty(globalThis, BUNDLED);
        await Deno.remove(folder, { recursive: true });
      }
    },
  ),
);

Deno.test(
  await where(needs, "a server that is shut down while it starts ends its start", async () => {
    const server = await NtsServer.create({ ntsSelfSigned: "/none/ca.pem", ntsPort: 0 }, []);
    const started = server.start([address("127.0.0.1", 123)], planGuard({}));
    server.shutdown();
    // Nothing is written, either.
    await started;
    assertEquals(server.report.addresses, []);
  }),
);

Deno.test(
  await where(
    needs,
    "a server whose port is in use leaves the certificate of the other one",
    async () => {
      const folder = await Deno.makeTempDir();
      try {
        const ntsSelfSigned = `${folder}/ca.pem`;
        await using first = await serve("ntp://127.0.0.1:0", { ntsSelfSigned, ntsPort: 0 });
        const [tcp = ""] = first.nts?.addresses ?? [];
        const ntsPort = Number(tcp.split(":")[1]);
        await assertRejects(
          () => serve("ntp://127.0.0.1:0", { ntsSelfSigned, ntsPort }),
          Error,
          `Cannot exchange NTS keys on tcp ${tcp}: the port is already in use`,
        );
        const ntsCa = await Deno.readTextFile(ntsSelfSigned);
        const reply = await query(`ntp+nts://localhost:${ntsPort}`, { ntsCa });
        assert(reply.protocol === "ntp" && reply.authenticated === "nts");
      } finally {
        await Deno.remove(folder, { recursive: true });
      }
    },
  ),
);
