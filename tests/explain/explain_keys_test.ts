import { assertEquals } from "@std/assert";
import { parseKeys } from "../../src/crypto/symmetric_keys.ts";
import { explain } from "../../src/explain/explain.ts";
import type { Explanation, SeenExchange } from "../../src/explain/explanation.ts";

const keys = parseKeys("7 AES128 HEX:000102030405060708090a0b0c0d0e0f\n8 SHA1 x");
const TEST = "its MAC is right, by the key of the request";

/** The request of the vector of the MAC: nothing but zeros, as no client sends it. */
const request = `23${"00".repeat(47)}00000007ba9cc628ed8a3792e63dd88f1430ed67`;
const reply = `24010000${"00".repeat(28)}eeadac5c80000000eeadac5c80100000`;

function seen(reply: string, changes: Partial<SeenExchange> = {}): SeenExchange {
  return {
    protocol: "ntp",
    request: Uint8Array.fromHex(request),
    reply: Uint8Array.fromHex(reply),
    pivot: Temporal.Instant.from("2026-11-22T18:01:00Z"),
    keys,
    ...changes,
  };
}

/** The result of the test of the MAC, with its detail; undefined if it is not listed. */
function resultOf({ tests }: Explanation): string[] | undefined {
  const test = tests.find(({ name }) => name === TEST);
  return test && [test.result, ...(test.detail === undefined ? [] : [test.detail])];
}

const digestsOf = ({ request, reply }: Explanation): (string | undefined)[] =>
  [request, reply].map((fields) => fields?.find(({ name }) => name === "Digest")?.meaning);

Deno.test("explain verifies the MACs of both datagrams, where it has the key", () => {
  const mac = keys.find(7)?.compute(Uint8Array.fromHex(reply)).toHex();
  const right = `${reply}00000007${mac}`;
  const digest = "MD5 or AES-CMAC digest (RFC 8573)";
  const good = explain(seen(right));
  assertEquals(resultOf(good), ["passed"]);
  assertEquals(digestsOf(good), Array(2).fill(`${digest}; right by the AES128 key`));
  assertEquals(good.failure, undefined);

  const unknown = explain(seen(right, { keys: parseKeys("9 SHA1 x") }));
  assertEquals(resultOf(unknown), ["unknown", "the key is not known"]);
  assertEquals(digestsOf(unknown), [digest, digest]);
  assertEquals(resultOf(explain(seen(right, { keys: undefined }))), [
    "unknown",
    "the key is not known",
  ]);

  const wrong = explain(seen(right.replace(/..$/, "00")));
  assertEquals(resultOf(wrong), ["failed", "its MAC by key 7 is wrong"]);
  assertEquals(digestsOf(wrong)[1], `${digest}; wrong by the AES128 key`);
  assertEquals(wrong.failure, {
    reason: "not_authentic",
    message: "The reply is not authentic: its MAC by key 7 is wrong",
  });
});

Deno.test("explain names what a reply has in place of a right MAC", () => {
  const table: readonly (readonly [trailer: string, detail: string])[] = [
    ["", "it has no MAC"],
    ["00000000", "a crypto-NAK: the server has no key 7, or another by that id"],
    ["00000008" + "00".repeat(20), "its MAC is by key 8, not 7"],
  ];
  for (const [trailer, detail] of table) {
    assertEquals(resultOf(explain(seen(reply + trailer))), ["failed", detail]);
  }
  // A request without a MAC asks for none.
  const plain = { request: Uint8Array.fromHex(request).subarray(0, 48) };
  assertEquals(resultOf(explain(seen(reply, plain))), undefined);
  // Without the request it is not known whether the reply should have one.
  assertEquals(resultOf(explain(seen(reply, { request: undefined }))), undefined);
});

Deno.test("a crypto-NAK is no time", () => {
  const nak = `e4${"00".repeat(31)}${"11".repeat(16)}00000000`;
  const fields = explain(seen(nak)).reply ?? [];
  const meaning = (name: string): string | undefined =>
    fields.find((field) => field.name === name)?.meaning;
  assertEquals(meaning("Receive timestamp"), "no time: a kiss-o'-death has none");
  assertEquals(meaning("Crypto-NAK"), "the MAC of the other side was wrong (RFC 5905 §9.2)");
});
