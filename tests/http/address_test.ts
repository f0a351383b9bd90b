import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { checkToken, needsToken, parseControl, resolveControl } from "../../src/http/address.ts";

Deno.test("parseControl reads HOST[:PORT], and nothing else", () => {
  const readable: readonly (readonly [string, string, number])[] = [
    ["127.0.0.1", "127.0.0.1", 8890],
    ["127.0.0.1:0", "127.0.0.1", 0],
    ["[::1]:65535", "::1", 65_535],
    ["[::1]", "::1", 8890],
    ["localhost:80", "localhost", 80],
    ["a-b.example", "a-b.example", 8890],
  ];
  for (const [text, hostname, port] of readable) {
    assertEquals(parseControl(text), { hostname, port }, text);
  }
  const unreadable = ["", ":80", "8890", "127.0.0.1:65536", "127.0.0.1:123456", "a b", "a/b"];
  for (const text of [...unreadable, "::1:8890", "[::g]", "[127.0.0.1]", "256.0.0.1", "a:b"]) {
    assertThrows(() => parseControl(text), SyntaxError, "Cannot read the control address", text);
  }
});

Deno.test("checkToken wants 16 to 256 characters of RFC 6750", () => {
  for (
    const token of ["0123456789abcdef", "-._~+/".repeat(42), "x".repeat(256), "ABCDEFGHIJKLMNOP=="]
  ) {
    assertEquals(checkToken(token), token);
  }
  for (
    const token of [
      "",
      "0123456789abcde",
      "x".repeat(257),
      "0123456789abcde\n",
      "0123456789 abcdef",
    ]
  ) {
    const { message } = assertThrows(() => checkToken(token), SyntaxError);
    assertEquals(token !== "" && message.includes(token), false);
  }
});

Deno.test("an interface that other machines reach needs a token", async () => {
  for (const address of ["192.0.2.1", "0.0.0.0", "::", "2001:db8::1", "127.0.0.1.1"]) {
    assertEquals(needsToken(address), address !== "127.0.0.1.1", address);
  }
  for (const address of ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1", "localhost"]) {
    assertEquals(needsToken(address), false, address);
  }
  const address = { hostname: "both.example", port: 1 };
  const resolve = (): Promise<string[]> => Promise.resolve(["127.0.0.1", "192.0.2.1"]);
  const token = "0123456789abcdef";
  assertEquals(await resolveControl(address, token, resolve), ["127.0.0.1", "192.0.2.1"]);
  await assertRejects(
    () => resolveControl(address, undefined, resolve),
    RangeError,
    "Cannot open the control interface on both.example:1 without a token: other machines may",
  );
  assertEquals(await resolveControl({ hostname: "::1", port: 1 }, undefined), ["::1"]);
});
