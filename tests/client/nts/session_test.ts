/** Queries by NTS: cookies, refusals and forgeries, with a key exchange and a network of the test's own. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import type { NtsSession } from "../../../src/client/exchange.ts";
import type { KeyExchangeTarget, Keys } from "../../../src/client/nts/key_exchange.ts";
import { ClientNtsSession } from "../../../src/client/nts/session.ts";
import { queryEndpoint } from "../../../src/client/query.ts";
import { AesSiv } from "../../../src/crypto/aes_siv.ts";
import { parseTarget } from "../../../src/protocols/endpoint.ts";
import { QueryError } from "../../../src/protocols/failure.ts";
import { FakeNetwork, kissOfDeath } from "../../support/fake_network.ts";
import { ntpReply } from "../../support/scripted_server.ts";

const [C2S, S2C] = [1, 2].map((octet) => new AesSiv(new Uint8Array(32).fill(octet))) as [
  AesSiv,
  AesSiv,
];
const target = { ...parseTarget("ntp+nts://time.example"), addresses: ["192.0.2.9"] };

/** What a server does with an authentic request; an unchanged reply without it. */
type Behaviour = (octets: Uint8Array, count: number) => Uint8Array | Uint8Array[] | undefined;

function field(type: number, body: Uint8Array): number[] {
  const length = body.length + 4;
  return [type >> 8, type & 0xff, length >> 8, length & 0xff, ...body];
}

/** The fields of a request, by their types. */
function fieldsOf(request: Uint8Array): { type: number; body: Uint8Array; at: number }[] {
  const fields = [];
  for (let at = 48; at < request.length;) {
    const view = new DataView(request.buffer, request.byteOffset);
    const [type, length] = [view.getUint16(at), view.getUint16(at + 2)];
    fields.push({ type, body: request.subarray(at + 4, at + length), at });
    at += length;
  }
  return fields;
}

class NtsServer {
  readonly network = new FakeNetwork();
  /** Milliseconds on the way there, and as many back. */
  wayMs = 1;
  readonly cookies: string[] = [];
  readonly lengths: number[] = [];
  exchanges = 0;
  failures: QueryError[] = [];
  readonly asked: KeyExchangeTarget[] = [];
  #next = 0;

  constructor(behaviour: Behaviour = () => undefined) {
    this.network.serve("ntp://192.0.2.9", ({ octets, count }) => {
      const fields = fieldsOf(octets);
      const cookie = fields.find(({ type }) => type === 0x0204)?.body.toHex() ?? "";
      this.cookies.push(cookie);
      this.lengths.push(octets.length);
      const sealed = fields.at(-1);
      const [nonce, tag] = [sealed?.body.subarray(4, 20), sealed?.body.subarray(20)];
      const before = octets.subarray(0, sealed?.at);
      assert(
        nonce && tag && C2S.open(tag, [before, nonce])?.length === 0,
        "the request is authentic",
      );
      return behaviour(octets, count) ?? this.seal(octets);
    }, () => [this.wayMs, this.wayMs]);
  }

  cookie(): Uint8Array {
    return new Uint8Array(100).fill(++this.#next);
  }

  /** An authentic reply, with a cookie for each that was sent or has a place. */
  seal(request: Uint8Array, fields = {}, key = S2C): Uint8Array {
    const header = ntpReply(request, fields, this.network.timers.now());
    const asked = fieldsOf(request);
    const identifier = asked.find(({ type }) => type === 0x0104)?.body ?? new Uint8Array();
    const before = Uint8Array.from([...header, ...field(0x0104, identifier)]);
    const places = asked.filter(({ type }) => type === 0x0204 || type === 0x0304);
    const plain = Uint8Array.from(places.flatMap(() => field(0x0204, this.cookie())));
    const nonce = new Uint8Array(16).fill(9);
    const sealed = key.seal(plain, [before, nonce]);
    const body = [0, 16, sealed.length >> 8, sealed.length & 0xff, ...nonce, ...sealed];
    return Uint8Array.from([...before, ...field(0x0404, Uint8Array.from(body))]);
  }

  /** An NTS NAK, which nothing authenticates. */
  nak(request: Uint8Array): Uint8Array {
    const header = ntpReply(request, kissOfDeath("NTSN"), this.network.timers.now());
    const identifier = fieldsOf(request).find(({ type }) => type === 0x0104)?.body;
    return Uint8Array.from([...header, ...field(0x0104, identifier ?? new Uint8Array())]);
  }

  session(): ClientNtsSession {
    return new ClientNtsSession(target, (asked): Promise<Keys> => {
      this.exchanges++;
      this.asked.push(asked);
      const failure = this.failures.shift();
      if (failure) return Promise.reject(failure);
      const cookies = Array.from({ length: 8 }, () => this.cookie());
      return Promise.resolve({
        c2s: C2S,
        s2c: S2C,
        cookies,
        answer: new Uint8Array(),
        hostname: "192.0.2.9",
        port: 123,
      });
    });
  }

  query(session: NtsSession, options = {}): ReturnType<typeof queryEndpoint> {
    const { network } = this;
    return network.run(queryEndpoint({ ...target, session }, { network, retries: 0, ...options }));
  }
}

Deno.test("a query by NTS exchanges keys once, and uses each cookie once", async () => {
  const server = new NtsServer();
  const session = server.session();
  for (let i = 0; i < 20; i++) {
    const reply = await server.query(session);
    const authenticated = reply.protocol === "ntp" && reply.authenticated;
    assertEquals([authenticated, reply.url], ["nts", "ntp+nts://time.example:4460"]);
  }
  assertEquals([server.exchanges, new Set(server.cookies).size], [1, 20]);
  assertEquals(server.asked[0], {
    hostname: "time.example",
    address: "192.0.2.9",
    port: 4460,
    authorities: undefined,
  });
  // With a cookie of 100 octets and no placeholder, as chronyd's.
  assertEquals(new Set(server.lengths), new Set([228]));
});

Deno.test("each cookie that was lost has a placeholder in the next request", async () => {
  const server = new NtsServer((_, count) => count <= 3 ? new Uint8Array() : undefined);
  const session = server.session();
  await server.query(session, { retries: 3 });
  // One query of four tries: the last one lacks three cookies.
  assertEquals(server.lengths, [228, 332, 436, 540]);
  assertEquals(new Set(server.cookies).size, 4);
  await server.query(session);
  assertEquals(server.lengths.at(-1), 228);
});

Deno.test("a reply that is not authentic is no time, whatever it has", async () => {
  let server: NtsServer;
  const forgeries: readonly (readonly [Behaviour, string])[] = [
    [
      (request) => ntpReply(request, {}, server.network.timers.now()),
      "it has no NTS authenticator",
    ],
    [(request) => server.seal(request, {}, C2S), "its NTS authenticator is wrong"],
    [(request) => {
      const octets = server.seal(request);
      octets[40] = (octets[40] as number) ^ 1;
      return octets;
    }, "its NTS authenticator is wrong"],
    [(request) => {
      const other = request.slice();
      other[60] = (other[60] as number) ^ 1;
      return server.seal(other);
    }, "its unique identifier is not the one sent"],
    [
      (request) => ntpReply(request, kissOfDeath("DENY"), server.network.timers.now()),
      "it has no NTS authenticator",
    ],
  ];
  for (const [behaviour, message] of forgeries) {
    server = new NtsServer(behaviour);
    const error = await assertRejects(() => server.query(server.session()), QueryError);
    assertEquals([error.reason, error.message], [
      "not_authentic",
      `No reply from 192.0.2.9:123 that is authentic: 1 ignored, the last: ${message}`,
    ]);
    assertEquals(server.exchanges, 1);
  }
});

Deno.test("a silent server is reported with the time limit of the query", async () => {
  const server = new NtsServer(() => []);
  const messages: [keysMs: number, message: string][] = [
    [40, "No reply from 192.0.2.9:123 within 3 s"],
    [2900, "No reply from 192.0.2.9:123 within 3 s, of which the NTS key exchange took 2.900 s"],
  ];
  for (const [keysMs, message] of messages) {
    const session = server.session();
    const exchange = session.prepare.bind(session);
    session.prepare = async (...args) => {
      await server.network.timers.sleep(keysMs);
      return await exchange(...args);
    };
    const error = await assertRejects(() => server.query(session), QueryError);
    assertEquals([error.reason, error.message], ["timeout", message]);
  }
});

Deno.test("a query by known keys waits as long for its reply as one by new keys", async () => {
  const server = new NtsServer();
  const session = server.session();
  server.wayMs = 900;
  for (let i = 0; i < 3; i++) {
    const reply = await server.query(session, { timeout: 2 });
    assertEquals(reply.roundTrip.total("milliseconds"), 1800);
  }
  assertEquals(server.exchanges, 1);
});

Deno.test("an authentic KoD is one", async () => {
  const server: NtsServer = new NtsServer((request) => server.seal(request, kissOfDeath("RATE")));
  const reply = await server.query(server.session());
  assertEquals(reply.protocol === "ntp" && [reply.referenceId, reply.hasTime], ["RATE", false]);
});

Deno.test("cookies that the server does not know lead to new keys, once", async () => {
  let isKnown = true;
  const server: NtsServer = new NtsServer((request) => isKnown ? undefined : server.nak(request));
  const session = server.session();
  await server.query(session);
  isKnown = false;
  const exchange = session.prepare.bind(session);
  session.prepare = (...args) => {
    // The server has its keys again once they are exchanged anew.
    if (server.cookies.length > 1) isKnown = true;
    return exchange(...args);
  };
  const reply = await server.query(session);
  assertEquals(reply.protocol === "ntp" && reply.authenticated, "nts");
  assertEquals([server.exchanges, server.cookies.length], [2, 3]);
  // A server that never knows them ends the query, after one more exchange.
  session.prepare = exchange;
  isKnown = false;
  const error = await assertRejects(() => server.query(session), QueryError);
  assertEquals(error.reason, "not_authentic");
  assert(error.message.endsWith("an NTS NAK: the server knows no such cookie"), error.message);
  assertEquals(server.exchanges, 3);
});

Deno.test("a NAK to keys that are new ends the query: others would be no better", async () => {
  const server: NtsServer = new NtsServer((request) => server.nak(request));
  const session = server.session();
  for (let exchanges = 1; exchanges <= 2; exchanges++) {
    const error = await assertRejects(() => server.query(session), QueryError);
    assertEquals(error.reason, "not_authentic");
    assert(error.message.endsWith("an NTS NAK: the server knows no such cookie"), error.message);
    // The next query has keys of its own.
    assertEquals([server.exchanges, server.cookies.length], [exchanges, exchanges]);
  }
});

Deno.test("a NAK to another request, and one that a reply follows, change nothing", async () => {
  const server: NtsServer = new NtsServer((request) => {
    const nak = server.nak(request);
    nak[60] = (nak[60] as number) ^ 1;
    return nak;
  });
  const session = server.session();
  await assertRejects(() => server.query(session), QueryError);
  assertEquals([server.exchanges, session.wasRefused], [1, false]);
  const both: NtsServer = new NtsServer((request) => [both.nak(request), both.seal(request)]);
  const other = both.session();
  for (let i = 0; i < 3; i++) await both.query(other);
  assertEquals([both.exchanges, other.wasRefused], [1, false]);
});

Deno.test("a key exchange that failed is repeated after 10 s, then twice as long each time", async () => {
  const server = new NtsServer();
  const failure = new QueryError("nts_ke", "no");
  server.failures = Array(3).fill(failure);
  const session = server.session();
  const { timers } = server.network;
  const exchangesAfter = async (seconds: number): Promise<number> => {
    await server.network.run(timers.sleep(seconds * 1000));
    await server.query(session).catch(() => {});
    return server.exchanges;
  };
  assertEquals(await exchangesAfter(0), 1);
  assertEquals(await exchangesAfter(9), 1);
  assertEquals(await exchangesAfter(2), 2);
  assertEquals(await exchangesAfter(19), 2);
  assertEquals(await exchangesAfter(2), 3);
  assertEquals(await exchangesAfter(41), 4);
  const reply = await server.query(session);
  assertEquals([server.exchanges, "authenticated" in reply], [4, true]);
});

Deno.test("keys are exchanged anew after four weeks", async () => {
  const server = new NtsServer();
  const session = server.session();
  await server.query(session);
  await server.network.run(server.network.timers.sleep(27 * 86_400_000));
  await server.query(session);
  assertEquals(server.exchanges, 1);
  await server.network.run(server.network.timers.sleep(2 * 86_400_000));
  await server.query(session);
  assertEquals(server.exchanges, 2);
});
