/** The key exchange of the server against clients that are right, wrong, slow and many, with OpenSSL. */
import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { KeyRing, KeyRingReader } from "../../../src/crypto/key_ring.ts";
import { makeSelfSigned, type SelfSigned } from "../../../src/crypto/self_signed.ts";
import { COOKIE_LENGTH, openCookie } from "../../../src/protocols/ntp/nts/cookie.ts";
import {
  decodeKeyExchangeAnswer,
  encodeKeyExchangeRequest,
  exportSessionKeys,
} from "../../../src/protocols/ntp/nts/records.ts";
import { openSettings, planGuard } from "../../../src/server/guard/guard.ts";
import { Admission } from "../../../src/server/nts/admission.ts";
import { KeyExchange } from "../../../src/server/nts/key_exchange.ts";
import { openTls, OutcomeCounters } from "../../../src/server/nts/setup.ts";
import { connectTls, type TlsConnection } from "../../../src/transports/tls/tls_connection.ts";
import { FakeTime } from "../../support/fake_time.ts";
import { where } from "../../support/needs.ts";
import { run } from "../../support/process.ts";
import { until } from "../../support/wait.ts";

const needs = { permissions: [{ name: "ffi" }] } as const;
const withOpenssl = {
  commands: ["openssl"],
  permissions: [{ name: "ffi" }, { name: "run" }],
} as const;

const NTP_PORT = 11_123;

const credentials: Promise<SelfSigned> = makeSelfSigned(
  ["localhost"],
  Temporal.Now.instant().subtract({ hours: 24 }),
  30,
);

/** A key exchange on a port of this machine, whose time stands still. */
class Served implements Disposable {
  readonly time = new FakeTime();
  readonly counters = new OutcomeCounters();
  readonly ring = new KeyRing();
  readonly authority: string;
  readonly port: number;
  readonly exchange: KeyExchange;

  constructor(made: SelfSigned, deny: readonly string[]) {
    this.authority = made.authority;
    this.exchange = new KeyExchange(openTls(made), {
      ring: new KeyRingReader(this.ring.memory),
      admission: new Admission(
        openSettings(planGuard({ access: { deny } })),
        () => this.time.monotonicMs(),
      ),
      counters: this.counters,
      timers: this.time,
    });
    this.port = this.exchange.listen("127.0.0.1", 0, NTP_PORT);
  }

  static async start(deny: readonly string[] = []): Promise<Served> {
    return new Served(await credentials, deny);
  }

  connect(): Promise<Deno.TcpConn> {
    return Deno.connect({ port: this.port });
  }

  async connectTls(authorities = this.authority): Promise<TlsConnection> {
    const options = { hostname: "localhost", protocol: "ntske/1", authorities };
    return await connectTls(await this.connect(), options);
  }

  /** The outcomes so far, once there are this many. */
  async outcomes(count: number): Promise<Record<string, number>> {
    const all = (): number => Object.values(this.counters.read()).reduce((sum, n) => sum + n, 0);
    await until(() => all() >= count);
    return Object.fromEntries(Object.entries(this.counters.read()).filter(([, n]) => n > 0));
  }

  [Symbol.dispose](): void {
    this.exchange.close();
  }
}

/** All that comes until the other side ends. */
async function readAll(tls: TlsConnection): Promise<Uint8Array> {
  const octets: number[] = [];
  while (true) {
    const piece = await tls.read();
    if (piece === undefined) return Uint8Array.from(octets);
    octets.push(...piece);
  }
}

Deno.test(
  await where(
    needs,
    "a client gets eight cookies that hold the keys of its connection",
    async () => {
      using served = await Served.start();
      using tls = await served.connectTls();
      await tls.write(encodeKeyExchangeRequest());
      const { cookies, port, server } = decodeKeyExchangeAnswer(await readAll(tls));
      const keys = await exportSessionKeys(tls.exportKey.bind(tls));
      assertEquals([cookies.length, port, server], [8, NTP_PORT, undefined]);
      const reader = new KeyRingReader(served.ring.memory);
      reader.look();
      for (const cookie of cookies) {
        assertEquals(cookie.length, COOKIE_LENGTH);
        assertEquals(openCookie(reader, cookie), keys);
      }
      assertEquals(new Set(cookies.map((cookie) => cookie.toHex())).size, 8);
      tls[Symbol.dispose]();
      assertEquals(await served.outcomes(1), { answered: 1 });
      await until(() => served.counters.connections === 0);
    },
  ),
);

Deno.test(
  await where(
    needs,
    "a request that comes in single octets is answered as one that comes whole",
    async () => {
      using served = await Served.start();
      using tls = await served.connectTls();
      for (const octet of encodeKeyExchangeRequest()) await tls.write(Uint8Array.of(octet));
      assertEquals(decodeKeyExchangeAnswer(await readAll(tls)).cookies.length, 8);
    },
  ),
);

/** A record that is not critical, and unknown. */
const filler = (length: number): number[] => [
  ...[0x40, 0, length >> 8, length & 0xff],
  ...new Uint8Array(length),
];

Deno.test(
  await where(
    needs,
    "a request has 4096 octets at most, and an error answers what is none",
    async () => {
      using served = await Served.start();
      const request = encodeKeyExchangeRequest();
      const padded = (length: number): number[] => [
        ...filler(length - request.length - 4),
        ...request,
      ];
      const bad = "80020002000180000000";
      const table: readonly (readonly [octets: readonly number[], answer: string])[] = [
        [padded(4096), "cookies"],
        [padded(4097), bad],
        [filler(15_000), bad],
        [[...request.subarray(6)], bad],
        [[0x80, 0x03, 0, 0, 0x80, 0, 0, 0], bad],
        [[0x80, 0x09, 0, 0, ...request], "80020002000080000000"],
      ];
      for (const [octets, expected] of table) {
        using tls = await served.connectTls();
        await tls.write(Uint8Array.from(octets));
        const answer = await readAll(tls);
        const found = answer.length > 100 ? "cookies" : answer.toHex();
        assertEquals(found, expected, `${octets.length} octets`);
      }
      assertEquals(await served.outcomes(6), { answered: 1, bad_request: 5 });
    },
  ),
);

Deno.test(
  await where(
    needs,
    "a connection ends after five seconds, whatever its client sends until then",
    async () => {
      using served = await Served.start();
      using silent = await served.connect();
      using half = await served.connectTls();
      await half.write(encodeKeyExchangeRequest().subarray(0, 9));
      using answered = await served.connectTls();
      await answered.write(encodeKeyExchangeRequest());
      await readAll(answered);
      await until(() => served.counters.connections === 3);
      await served.time.advance(4999);
      assertEquals(served.counters.connections, 3);
      await served.time.advance(1);
      // The client that has its answer holds the connection open, which is its own affair.
      assertEquals(await served.outcomes(3), { answered: 1, timed_out: 2 });
      await until(() => served.counters.connections === 0);
      assertEquals(await silent.read(new Uint8Array(1)).catch(() => null), null);
      await assertRejects(() => half.read());
    },
  ),
);

Deno.test(
  await where(
    needs,
    "octets that are no TLS, and clients that go, are counted as failed",
    async () => {
      using served = await Served.start();
      for (const octets of [[0x16], "GET / HTTP/1.1\r\n\r\n", new Uint8Array(40_000).fill(0x16)]) {
        using connection = await served.connect();
        const sent = typeof octets === "string"
          ? new TextEncoder().encode(octets)
          : Uint8Array.from(octets);
        // The server may end before all of it is sent.
        await connection.write(sent).catch(() => {});
      }
      (await served.connect()).close();
      (await served.connectTls())[Symbol.dispose]();
      assertEquals(await served.outcomes(5), { failed: 5 });
      using tls = await served.connectTls();
      await tls.write(encodeKeyExchangeRequest());
      assertEquals(decodeKeyExchangeAnswer(await readAll(tls)).cookies.length, 8);
    },
  ),
);

Deno.test(
  await where(
    needs,
    "a denied client, and the ninth connection of one, are closed at once",
    async () => {
      using denying = await Served.start(["127.0.0.0/8"]);
      using denied = await denying.connect();
      assertEquals(await denied.read(new Uint8Array(1)).catch(() => null), null);
      assertEquals(await denying.outcomes(1), { denied: 1 });
      using served = await Served.start();
      const connections = await Promise.all(Array.from({ length: 8 }, () => served.connect()));
      await until(() => served.counters.connections === 8);
      using ninth = await served.connect();
      assertEquals(await ninth.read(new Uint8Array(1)).catch(() => null), null);
      assertEquals(await served.outcomes(1), { overload: 1 });
      for (const each of connections) each.close();
      await until(() => served.counters.connections === 0);
      using _next = await served.connectTls();
    },
  ),
);

/** Connects and resets the connection, fifty times. */
const RESETS = `
import socket, struct, sys
for _ in range(50):
    client = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()
`;

Deno.test(
  await where(
    { ...needs, commands: ["python3"] },
    "clients that reset their connections make no other wait",
    async () => {
      using served = await Served.start();
      const { code, stderr } = await run(["python3", "-c", RESETS, String(served.port)]);
      assertEquals([code, stderr], [0, ""]);
      // Its time stands still: a pause would not end.
      const outcomes = await served.outcomes(50);
      assertEquals((outcomes.failed ?? 0) + (outcomes.overload ?? 0), 50);
      using tls = await served.connectTls();
      await tls.write(encodeKeyExchangeRequest());
      assertEquals(decodeKeyExchangeAnswer(await readAll(tls)).cookies.length, 8);
    },
  ),
);

Deno.test(
  await where(needs, "another certificate holds for connections from then on", async () => {
    using served = await Served.start();
    const early = await served.connectTls();
    const from = Temporal.Now.instant().subtract({ hours: 24 });
    const other = await makeSelfSigned(["localhost"], from, 30);
    served.exchange.replace(openTls(other));
    await assertRejects(() => served.connectTls(), "verify failed");
    using late = await served.connectTls(other.authority);
    for (const tls of [early, late]) {
      await tls.write(encodeKeyExchangeRequest());
      assertEquals(decodeKeyExchangeAnswer(await readAll(tls)).cookies.length, 8);
    }
    early[Symbol.dispose]();
  }),
);

Deno.test(
  await where(
    withOpenssl,
    "openssl's client meets TLS 1.3 with ntske/1, without tickets, and nothing else",
    async () => {
      using served = await Served.start();
      const meet = async (...options: string[]): Promise<string> => {
        const address = ["-connect", `127.0.0.1:${served.port}`];
        const command = ["openssl", "s_client", ...address, "-msg", ...options] as const;
        const { stdout, stderr } = await run(command);
        return stdout + stderr;
      };
      const good = await meet("-alpn", "h2,ntske/1");
      assertMatch(good, /New, TLSv1\.3/);
      assertMatch(good, /ALPN protocol: ntske\/1/);
      assert(!good.includes("NewSessionTicket"));
      assertMatch(await meet("-tls1_2", "-alpn", "ntske/1"), /alert protocol version/);
      assertMatch(await meet("-alpn", "h2"), /no application protocol/);
      assertMatch(await meet(), /No ALPN negotiated/);
      const outcomes = await served.outcomes(4);
      assertEquals(outcomes.answered, undefined);
    },
  ),
);
