import type { AccessOptions } from "../../../src/server/guard/options.ts";
import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import ipaddr from "ipaddr.js";
import { accessTable, hasRules, isAllowed } from "../../../src/server/guard/access.ts";
import { parseIpWords } from "../../../src/text/ip_words.ts";
import { check } from "../../support/property.ts";

function admits(options: AccessOptions, address: string): boolean {
  const words = new Uint32Array(4);
  parseIpWords(address, words);
  return isAllowed(accessTable(options), words);
}

Deno.test("without rules every client is admitted", () => {
  assertEquals(hasRules(accessTable({})), false);
  for (const address of ["192.0.2.1", "2001:db8::1", "::"]) {
    assertEquals(admits({}, address), true);
  }
});

Deno.test("the longest prefix decides, whatever the order", () => {
  const allow = ["10.0.0.0/8", "10.1.2.3", "2001:db8::/32"];
  const deny = ["10.1.0.0/16", "2001:db8:bad::/48"];
  const expected: [string, boolean][] = [
    ["10.0.0.1", true],
    ["10.1.0.1", false],
    ["10.1.2.3", true],
    ["10.1.2.4", false],
    ["11.0.0.1", false],
    ["2001:db8::1", true],
    ["2001:db8:bad::1", false],
    ["2001:db9::1", false],
    ["::ffff:10.0.0.1", true],
  ];
  for (const [address, answered] of expected) {
    assertEquals(admits({ allow, deny }, address), answered, address);
    const reversed = { allow: allow.toReversed(), deny: deny.toReversed() };
    assertEquals(admits(reversed, address), answered, address);
  }
});

Deno.test("rules that only deny leave all others, and `all` is both families", () => {
  assertEquals(admits({ deny: ["192.0.2.0/24"] }, "192.0.2.9"), false);
  assertEquals(admits({ deny: ["192.0.2.0/24"] }, "192.0.3.9"), true);
  assertEquals(admits({ deny: ["192.0.2.0/24"] }, "2001:db8::1"), true);
  for (const address of ["192.0.2.9", "2001:db8::1"]) {
    assertEquals(admits({ deny: ["all"] }, address), false);
    assertEquals(admits({ allow: ["all"], deny: ["203.0.113.0/24"] }, address), true);
  }
  assertEquals(admits({ deny: ["0.0.0.0/0"] }, "2001:db8::1"), true);
  assertEquals(admits({ deny: ["::/0"] }, "192.0.2.9"), true);
});

Deno.test("a network of IPv4 addresses that IPv6 carries is one of IPv4", () => {
  assertEquals(admits({ deny: ["::ffff:10.0.0.0/104"] }, "10.9.9.9"), false);
  assertEquals(admits({ deny: ["::ffff:10.0.0.0/104"] }, "11.0.0.0"), true);
  assertEquals(admits({ deny: ["::ffff:192.0.2.1"] }, "192.0.2.1"), false);
  assertEquals(admits({ deny: ["::ffff:0:0/96"] }, "192.0.2.9"), false);
  assertEquals(admits({ deny: ["::ffff:0:0/96"] }, "2001:db8::1"), true);
  // One bit fewer, and it is a network of IPv6, of which no IPv4 address is one.
  assertEquals(admits({ deny: ["::ffff:0:0/95"] }, "192.0.2.9"), true);
  assertEquals(admits({ deny: ["::ffff:0:0/95"] }, "::fffe:0:1"), false);
});

Deno.test("rules that are no network, or contradict each other, are reported", () => {
  for (
    const text of [
      "",
      "10/8",
      "10.0.0.0/33",
      "10.0.0.0/-1",
      "10.0.0.0/8/8",
      "10.0.0",
      "010.0.0.1",
      "::/129",
      "fe80::1%eth0",
      "time.example",
      "10.0.0.0/",
      "All",
    ]
  ) {
    assertThrows(
      () => accessTable({ allow: [text] }),
      SyntaxError,
      `Cannot read the network "${text}"`,
    );
  }
  // Longer than any address and prefix length, though it is one.
  const zeros = (count: number): string => `10.0.0.0/${"0".repeat(count)}8`;
  assertEquals(admits({ deny: [zeros(40)] }, "10.1.1.1"), false);
  assertThrows(() => accessTable({ deny: [zeros(41)] }), SyntaxError, "Cannot read the network");
  assertThrows(
    () => accessTable({ allow: ["10.0.0.0/8"], deny: ["10.1.2.3/8"] }),
    SyntaxError,
    "Cannot both allow and deny 10.1.2.3/8",
  );
});

Deno.test("rules decide as a list that is searched for the longest prefix does", () => {
  const network = fc.oneof(
    fc.tuple(fc.ipV4(), fc.integer({ min: 0, max: 32 })),
    fc.tuple(
      fc.ipV6().filter((text) => !text.includes(".")),
      fc.integer({ min: 0, max: 128 }),
    ),
  );
  const rules = fc.array(fc.tuple(network, fc.boolean()), { maxLength: 12 });
  check(fc.property(rules, fc.array(network), (given, others) => {
    const [allow, deny] = [true, false].map((isAllowed) =>
      given.filter(([, each]) => each === isAllowed).map(([[text, bits]]) => `${text}/${bits}`)
    );
    let table;
    try {
      table = accessTable({ allow: allow ?? [], deny: deny ?? [] });
    } catch {
      return; // they contradict each other
    }
    // The networks' own addresses are tried too: others are hardly ever in them.
    for (const [text] of [...given.map(([each]) => each), ...others]) {
      const address = ipaddr.process(text);
      let longest = -1;
      let expected = allow?.length === 0;
      for (const [[base, bits], isAllowed] of given) {
        const net = ipaddr.parse(base);
        if (net.kind() !== address.kind() || !address.match(net, bits) || bits <= longest) continue;
        longest = bits;
        expected = isAllowed;
      }
      const words = new Uint32Array(4);
      parseIpWords(address.toString(), words);
      assertEquals(isAllowed(table, words), expected, `${address} by ${JSON.stringify(given)}`);
    }
  }));
});
