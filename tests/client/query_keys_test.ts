/** Queries by a symmetric key: only a reply with a right MAC by that key is a time. */
import { assertEquals, assertRejects } from "@std/assert";
import { compare } from "../../src/client/compare.ts";
import type { ExchangeOptions } from "../../src/client/exchange.ts";
import { query } from "../../src/client/query.ts";
import { sample } from "../../src/client/sample.ts";
import { wait } from "../../src/client/wait.ts";
import { watch } from "../../src/client/watch.ts";
import { parseKeys, type SymmetricKeys } from "../../src/crypto/symmetric_keys.ts";
import { recordExchange } from "../../src/explain/record.ts";
import { QueryError } from "../../src/protocols/failure.ts";
import { writeMac } from "../../src/protocols/ntp/trailer.ts";
import { FakeNetwork, type FakeRequest } from "../support/fake_network.ts";
import { ntpReply } from "../support/scripted_server.ts";

const keys = parseKeys("7 SHA1 secret\n8 SHA256 another");
const URL = "ntp://192.0.2.1:123?key=7";

type Forge = (request: FakeRequest, plain: Uint8Array) => Uint8Array | undefined;

/** A reply with a MAC of these keys. */
function sealed(plain: Uint8Array, by: SymmetricKeys = keys, id = 7): Uint8Array {
  const octets = new Uint8Array(72);
  octets.set(plain);
  const mac = by.find(id);
  if (mac) writeMac(mac, octets, 48);
  return octets;
}

function serve(...forgeries: readonly Forge[]): FakeNetwork {
  const network = new FakeNetwork();
  network.serve("ntp://192.0.2.1", (request) => {
    const plain = ntpReply(request.octets, {}, network.timers.now());
    return forgeries.flatMap((forge) => forge(request, plain) ?? []);
  });
  return network;
}

const right: Forge = (_, plain) => sealed(plain);

let first: Uint8Array | undefined;

/** Each of them by its name, with what is said of it. */
const forgeries: Readonly<Record<string, readonly [Forge, string]>> = {
  "without a MAC": [(_, plain) => plain, "it has no MAC"],
  "by another key of the file": [
    (_, plain) => sealed(plain, keys, 8),
    "its MAC is by key 8, not 7",
  ],
  "by another secret": [
    (_, plain) => sealed(plain, parseKeys("7 SHA1 guess")),
    "its MAC by key 7 is wrong",
  ],
  "of another type": [
    (_, plain) => sealed(plain, parseKeys("7 MD5 secret")).subarray(0, 68),
    "its MAC by key 7 is wrong",
  ],
  "changed on the way": [
    (_, plain) => {
      const octets = sealed(plain);
      octets[44] = (octets[44] as number) ^ 1;
      return octets;
    },
    "its MAC by key 7 is wrong",
  ],
  "with a crypto-NAK": [
    (_, plain) => Uint8Array.from([...plain, 0, 0, 0, 0]),
    "a crypto-NAK: the server has no key 7, or another by that id",
  ],
  "with the MAC of the request": [
    ({ octets }, plain) => Uint8Array.from([...plain, ...octets.subarray(48)]),
    "its MAC by key 7 is wrong",
  ],
  "that an extension field ends": [
    (_, plain) => Uint8Array.from([...plain, 0x20, 5, 0, 28, ...new Uint8Array(24)]),
    "it has no MAC",
  ],
};

for (const [name, [forge, message]] of Object.entries(forgeries)) {
  Deno.test(`a reply ${name} is no time, and the wait for a right one goes on`, async () => {
    const network = serve(forge);
    const options = { network, keys, retries: 0 };
    const error = await assertRejects(() => network.run(query(URL, options)), QueryError);
    assertEquals([error.reason, error.message], [
      "not_authentic",
      `No reply from 192.0.2.1:123 that is authentic: 1 ignored, the last: ${message}`,
    ]);
    const both = serve(forge, right);
    const reply = await both.run(query("ntp://192.0.2.1?key=7", { network: both, keys }));
    assertEquals([reply.authenticated, reply.url], ["key 7", URL]);
  });
}

Deno.test("an authentic reply to another request is ignored as any stray is", async () => {
  first = undefined;
  const network = serve((_, plain) => first ??= sealed(plain));
  const ask = (): Promise<unknown> => network.run(query(URL, { network, keys, retries: 0 }));
  await ask();
  const error = await assertRejects(ask, QueryError);
  assertEquals(error.reason, "bogus_reply");
});

Deno.test("a server without a key is queried without a MAC, and its reply needs none", async () => {
  const network = serve(({ octets }, plain) => octets.length === 48 ? plain : undefined);
  const reply = await network.run(query("ntp://192.0.2.1", { network, keys }));
  assertEquals(reply.authenticated, undefined);
});

Deno.test("a key that is not there is refused before anything is sent", async () => {
  const network = serve(right);
  type Call = (url: string, options: ExchangeOptions) => Promise<unknown>;
  const calls: readonly Call[] = [query, sample, recordExchange];
  for (const call of calls) {
    await assertRejects(
      () => network.run(call("ntp://192.0.2.1?key=9", { network, keys })),
      RangeError,
      "Cannot query ntp://192.0.2.1:123?key=9: there is no key 9",
    );
    await assertRejects(() => network.run(call(URL, { network })), RangeError, "there are no keys");
  }
});

Deno.test("samples, comparisons, waits and watches authenticate each exchange", async () => {
  const network = serve(right);
  const options = { network, keys };
  const { estimate, url } = await network.run(sample(URL, { ...options, count: 2 }));
  const best = estimate?.best;
  assertEquals([url, best?.protocol === "ntp" && best.authenticated], [URL, "key 7"]);
  const compared = await network.run(compare([URL, "ntp://192.0.2.1?key=8"], options));
  // The reply to key 8 is by key 7.
  assertEquals(compared.servers.map(({ verdict }) => verdict), ["alone", "failed"]);
  assertEquals(compared.servers[1]?.error?.reason, "not_authentic");
  const { agreed } = await network.run(wait([URL], { ...options, within: "1s" }));
  assertEquals(agreed, true);
  const events = await network.run(Array.fromAsync(watch([URL], { ...options, count: 2 })));
  assertEquals(
    events.map((event) =>
      event.type === "exchange" && event.reply && "authenticated" in event.reply
    ),
    [true, true],
  );
});
