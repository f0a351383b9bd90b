/** The server's side of TLS, given any octets: no failure but a TlsError, and no more octets than a handshake has. */
import { assert, assertEquals, assertInstanceOf, assertRejects, assertThrows } from "@std/assert";
import { makeSelfSigned, type SelfSigned } from "../../../src/crypto/self_signed.ts";
import { connectTls, type Stream } from "../../../src/transports/tls/tls_connection.ts";
import { TlsError } from "../../../src/transports/tls/libssl.ts";
import { TlsServer } from "../../../src/transports/tls/tls_server.ts";
import { Random } from "../../fuzz/random.ts";
import { where } from "../../support/needs.ts";

const needs = { permissions: [{ name: "ffi" }] } as const;
const protocol = "ntske/1";

const made: Promise<SelfSigned> = makeSelfSigned(
  ["localhost"],
  Temporal.Now.instant().subtract({ hours: 24 }),
  30,
);

async function openServer(): Promise<TlsServer> {
  return new TlsServer({ ...await made, protocol });
}

async function optionsOfClient(): Promise<Parameters<typeof connectTls>[1]> {
  return { hostname: "localhost", protocol, authorities: (await made).authority };
}

/** One direction of a connection in memory. */
class Pipe {
  readonly #octets: number[] = [];
  #isEnded = false;
  #changed = Promise.withResolvers<void>();

  push(octets: Iterable<number>): void {
    if (this.#isEnded) return;
    this.#octets.push(...octets);
    this.#change();
  }

  end(): void {
    this.#isEnded = true;
    this.#change();
  }

  async read(view: Uint8Array): Promise<number | null> {
    while (this.#octets.length === 0) {
      if (this.#isEnded) return null;
      await this.#changed.promise;
    }
    const piece = this.#octets.splice(0, view.length);
    view.set(piece);
    return piece.length;
  }

  #change(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }
}

/** Both ends of a connection, in which octets of the client are changed, which are then its last. */
function connect(
  change: (octets: Uint8Array, at: number) => Iterable<number> | undefined = () => undefined,
): { client: Stream; server: Stream; answered: () => number } {
  const [toServer, toClient] = [new Pipe(), new Pipe()];
  let [sent, answered] = [0, 0];
  const close = (): void => {
    toServer.end();
    toClient.end();
  };
  return {
    answered: () => answered,
    client: {
      read: (view) => toClient.read(view),
      write(octets): Promise<number> {
        const changed = change(octets, sent);
        toServer.push(changed ?? octets);
        if (changed !== undefined) toServer.end();
        sent += octets.length;
        return Promise.resolve(octets.length);
      },
      close,
    },
    server: {
      read: (view) => toServer.read(view),
      write(octets): Promise<number> {
        toClient.push(octets);
        answered += octets.length;
        return Promise.resolve(octets.length);
      },
      close,
    },
  };
}

/** A handshake of P-256 has 1 KiB. */
const MAX_ANSWER = 4096;

/** Octets of the client in a whole handshake, about. */
const CLIENT_OCTETS = 450;

const changes: readonly ((octets: number[], at: number, random: Random) => number[])[] = [
  (octets, at, random) => octets.with(at, octets[at] as number ^ 1 << random.below(8)),
  (octets, at, random) => octets.with(at, random.below(256)),
  (octets, at) => octets.toSpliced(at, 1),
  (octets, at, random) => octets.toSpliced(at, 0, ...Array(1 + random.below(40)).fill(0x16)),
  (octets, at) => octets.slice(0, at),
  (octets, at) => octets.slice(at),
  (octets, at, random) => octets.toSpliced(at, 2, random.below(256), random.below(256)),
  (octets, at) => [...octets.slice(0, at), ...octets],
];

Deno.test(
  await where(
    needs,
    "a handshake of which octets are changed ends with a TlsError, on both sides",
    async () => {
      using server = await openServer();
      const options = await optionsOfClient();
      let [failed, done] = [0, 0];
      for (let i = 0; i < 500; i++) {
        const random = new Random(8915, i);
        const where = random.below(CLIENT_OCTETS);
        const change = random.pick(changes);
        const { client, server: stream, answered } = connect((octets, at) => {
          const place = where - at;
          const isHere = place >= 0 && place < octets.length;
          return isHere ? change([...octets], place, random) : undefined;
        });
        const [accepted, connected] = await Promise.allSettled([
          server.accept(stream),
          connectTls(client, options).then((connection) => {
            // What the server still waits for does not come.
            client.close();
            return connection;
          }),
        ]);
        for (const result of [accepted, connected]) {
          if (result.status === "fulfilled") result.value[Symbol.dispose]();
          else assertInstanceOf(result.reason, TlsError, `case ${i}: ${result.reason}`);
        }
        assert(answered() <= MAX_ANSWER, `case ${i}: ${answered()} octets`);
        if (accepted.status === "rejected") failed++;
        else done++;
      }
      // A change after the handshake's last octet changes nothing, and so do some within it.
      assert(failed > 300 && done > 0, `${failed} failed, ${done} were done`);
    },
  ),
);

Deno.test(
  await where(
    needs,
    "octets that are no handshake get an alert at most, and 32 KiB of them end it",
    async () => {
      using server = await openServer();
      for (let i = 0; i < 1000; i++) {
        const random = new Random(868, i);
        const type = random.pick([0x14, 0x15, 0x16, 0x17, 0x80, random.below(256)]);
        const length = random.pick([0, 1, 5, 300, 16_384, 65_535, random.below(3000)]);
        const head = [type, 3, random.pick([0, 1, 3, 4]), length >> 8, length & 0xff];
        const body = Array.from({ length: Math.min(length, 2000) }, () => random.below(256));
        const { client, server: stream, answered } = connect();
        await client.write(Uint8Array.from([...random.below(4) === 0 ? [] : head, ...body]));
        client.close();
        const error = await server.accept(stream).then(() => undefined, (error) => error);
        assertInstanceOf(error, TlsError, `case ${i}: ${error}`);
        assert(answered() <= 7, `case ${i}: ${answered()} octets`);
      }
      // Records of a handshake message that never ends.
      const { client, server: stream } = connect();
      await client.write(Uint8Array.from([0x16, 3, 1, 0x40, 0, 1, 0, 0x40, 0]));
      await client.write(new Uint8Array(40_000));
      const error = await server.accept(stream).then(() => undefined, (error) => error);
      assertInstanceOf(error, TlsError);
    },
  ),
);

Deno.test(
  await where(
    needs,
    "a server that is closed during a handshake lets it end, and accepts no other",
    async () => {
      const server = await openServer();
      const { client, server: stream } = connect();
      const accepting = server.accept(stream);
      server[Symbol.dispose]();
      server[Symbol.dispose]();
      const [accepted, connected] = await Promise.all([
        accepting,
        connectTls(client, await optionsOfClient()),
      ]);
      await connected.write(Uint8Array.of(1, 2, 3));
      assertEquals(await accepted.read(), Uint8Array.of(1, 2, 3));
      await accepted.end();
      assertEquals(await connected.read(), undefined);
      for (const each of [accepted, connected]) each[Symbol.dispose]();
      assertInstanceOf(
        await server.accept(stream).then(() => undefined, (error) => error),
        TlsError,
      );
    },
  ),
);

Deno.test(
  await where(needs, "credentials that are none throw, and leave nothing behind", async () => {
    const { certificate, key } = await made;
    assertThrows(() => new TlsServer({ certificate: "", key, protocol }), TlsError, "certificate");
    assertThrows(() => new TlsServer({ certificate, key: "", protocol }), TlsError, "private key");
  }),
);

Deno.test(
  await where(needs, "a connection that is closed gives OpenSSL nothing to use", async () => {
    using server = await openServer();
    const { client, server: stream } = connect();
    const [ours, theirs] = await Promise.all([
      server.accept(stream),
      connectTls(client, await optionsOfClient()),
    ]);
    using _theirs = theirs;
    ours[Symbol.dispose]();
    ours[Symbol.dispose]();
    const closed = "the connection is closed";
    assertThrows(() => ours.exportKey("EXPORTER-x", new Uint8Array(), 32), TlsError, closed);
    for (
      const use of [() => ours.end(), () => ours.read(), () => ours.write(new Uint8Array(1))]
    ) {
      await assertRejects(use, TlsError, closed);
    }
  }),
);

Deno.test(
  await where(
    needs,
    "a certificate must have the name or address, however that is written",
    async () => {
      const { authority, certificate, key } = await makeSelfSigned(
        ["localhost", "127.0.0.1", "::1"],
        Temporal.Now.instant().subtract({ hours: 24 }),
        30,
      );
      using server = new TlsServer({ certificate, key, protocol });
      const table: [hostname: string, isRight: boolean][] = [
        ["localhost", true],
        ["LOCALHOST", true],
        ["127.0.0.1", true],
        ["127.1", true],
        ["::1", true],
        ["0:0::1%lo", true],
        ["::ffff:127.0.0.1", true],
        ["127.2", false],
        ["127.0.0.2", false],
        ["::2", false],
        ["localhost.example", false],
        ["", false],
      ];
      for (const [hostname, isRight] of table) {
        const { client, server: stream } = connect();
        const accepting = server.accept(stream).then((each) => each[Symbol.dispose](), () => {});
        const connecting = connectTls(client, { hostname, protocol, authorities: authority });
        const connected = await connecting.then(
          (each) => {
            each[Symbol.dispose]();
            return true;
          },
          (error) => {
            client.close();
            assertInstanceOf(error, TlsError, hostname);
            return false;
          },
        );
        await accepting;
        assertEquals(connected, isRight, hostname);
      }
    },
  ),
);
