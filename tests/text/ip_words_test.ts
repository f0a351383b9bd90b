import { assertEquals } from "@std/assert";
import fc from "fast-check";
import ipaddr from "ipaddr.js";
import {
  formatIpWords,
  isIpv4,
  isLoopbackIp,
  isUnicastIp,
  isWithin,
  parseIpWords,
  parseNetworks,
} from "../../src/text/ip_words.ts";
import { check } from "../support/property.ts";

function words(text: string): Uint32Array {
  const read = new Uint32Array(4).fill(1);
  parseIpWords(text, read);
  return read;
}

Deno.test("parseIpWords reads addresses of both families, and one that carries the other", () => {
  const cases: [string, number[]][] = [
    ["192.0.2.1", [0, 0, 0xffff, 0xc0000201]],
    ["::ffff:192.0.2.1", [0, 0, 0xffff, 0xc0000201]],
    ["255.255.255.255", [0, 0, 0xffff, 0xffffffff]],
    ["0.0.0.0", [0, 0, 0xffff, 0]],
    ["::", [0, 0, 0, 0]],
    ["::1", [0, 0, 0, 1]],
    ["2001:db8::f00:1", [0x20010db8, 0, 0, 0x0f000001]],
    ["fe80::1%eth0", [0xfe800000, 0, 0, 1]],
    ["::1:2:3:4:5:6:7", [1, 0x20003, 0x40005, 0x60007]],
    ["1:2:3:4:5:6:7::", [0x10002, 0x30004, 0x50006, 0x70000]],
    ["64:FF9B::192.0.2.33", [0x64ff9b, 0, 0, 0xc0000221]],
    ["1:2:3:4:5:6:7.8.9.10", [0x10002, 0x30004, 0x50006, 0x708090a]],
  ];
  for (const [text, expected] of cases) assertEquals([...words(text)], expected, text);
});

Deno.test("parseIpWords gives nothing for what is no address", () => {
  const texts = [
    ...["", "1.2.3", "1.2.3.4.5", "1.2.3.256", "1.2.3.4 ", "a.b.c.d", "localhost", "01.2.3.4"],
    ...["1..2.3", ".1.2.3", "1.2.3.", "...", ":", ":::", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9"],
    ...["1:2:3:4::5:6:7:8", "1::2::3", "1:2:3:4:5:6:7:", ":1:2:3:4:5:6:7", "12345::", "g::"],
    ...["::1.2.3", "1.2.3.4::", "::1.2.3.4:5", "1:2:3:4:5:6:7:1.2.3.4", "[::1]", " ::1", "%eth0"],
  ];
  for (const text of texts) {
    const read = new Uint32Array(4).fill(1);
    assertEquals(parseIpWords(text, read), false, text);
    assertEquals([...read], [0, 0, 0, 0], text);
  }
});

Deno.test("parseIpWords agrees with the parser of URLs on what IPv6 addresses are", () => {
  const part = fc.constantFrom("0", "1", "ffff", "0db8", ":", "::", "192.0.2.1", "10000", ".", "g");
  const made = fc.array(part, { maxLength: 17 }).map((parts) => parts.join(""));
  check(fc.property(fc.oneof(fc.ipV6(), made.filter((text) => text.includes(":"))), (text) => {
    const read = new Uint32Array(4);
    const url = URL.parse(`http://[${text}]`);
    assertEquals(parseIpWords(text, read), url !== null, text);
    if (url === null) return;
    const octets = ipaddr.IPv6.parse(url.hostname.slice(1, -1)).toByteArray();
    const view = new DataView(Uint8Array.from(octets).buffer);
    assertEquals([...read], [0, 4, 8, 12].map((at) => view.getUint32(at)), text);
  }));
});

Deno.test("parseIpWords reads what it is written from", () => {
  check(fc.property(fc.ipV4(), (text) => {
    const number = text.split(".").reduce((sum, octet) => sum * 256 + Number(octet), 0);
    assertEquals([...words(text)], [0, 0, 0xffff, number]);
  }));
  check(fc.property(fc.uint32Array({ minLength: 4, maxLength: 4 }), (given) => {
    const groups = [...given].flatMap((word) => [word >>> 16, word & 0xffff]);
    const text = groups.map((group) => group.toString(16)).join(":");
    assertEquals(words(text), given);
  }));
});

Deno.test("formatIpWords writes the shortest form of RFC 5952, and IPv4 as such", () => {
  const texts = ["192.0.2.255", "0.0.0.0", "255.0.128.7", "::", "::1", "2001:db8::f00:1"];
  const others = [
    "1:0:2:3:4:5:6:7",
    "1::4:0:0:7:8",
    "fe80::",
    "::ffff:0:c000:201",
    "64:ff9b::c000:221",
  ];
  for (const text of [...texts, ...others]) assertEquals(formatIpWords(words(text)), text);
  check(fc.property(fc.uint32Array({ minLength: 4, maxLength: 4 }), (given) => {
    assertEquals(words(formatIpWords(given)), given);
  }));
});

Deno.test("addresses are classified", () => {
  const cases: [text: string, isV4: boolean, loopback: boolean, unicast: boolean][] = [
    ["127.0.0.1", true, true, true],
    ["127.255.255.254", true, true, true],
    ["128.0.0.1", true, false, true],
    ["10.0.0.1", true, false, true],
    ["0.0.0.0", true, false, false],
    ["0.1.2.3", true, false, false],
    ["223.255.255.255", true, false, true],
    ["224.0.0.1", true, false, false],
    ["239.255.255.255", true, false, false],
    ["240.0.0.1", true, false, false],
    ["255.255.255.255", true, false, false],
    ["::1", false, true, true],
    ["::", false, false, false],
    ["::2", false, false, true],
    ["fe80::1", false, false, true],
    ["ff02::1", false, false, false],
    ["2001:db8::1", false, false, true],
    ["::ffff:127.0.0.1", true, true, true],
  ];
  for (const [text, ...expected] of cases) {
    const address = words(text);
    const kinds = [isIpv4(address), isLoopbackIp(address), isUnicastIp(address)];
    assertEquals(kinds, expected, text);
  }
});

Deno.test("an address is within a network of its own family, mapped or not", () => {
  const table: [address: string, network: string, expected: boolean][] = [
    ["192.0.2.1", "192.0.2.0/24", true],
    ["::ffff:192.0.2.1", "192.0.2.0/24", true],
    ["192.0.3.1", "192.0.2.0/24", false],
    ["192.0.2.1", "192.0.2.1", true],
    ["192.0.2.1", "0.0.0.0/0", true],
    ["2001:db8::1", "0.0.0.0/0", false],
    ["2001:db8:1::1", "2001:db8::/32", true],
    ["2001:db9::1", "2001:db8::/32", false],
    ["2001:db8::1%eth0", "2001:db8::/33", true],
    ["2001:db8:8000::1", "2001:db8::/33", false],
    ["2001:db8::1", "all", true],
    ["time.example", "all", false],
  ];
  for (const [address, network, expected] of table) {
    assertEquals(isWithin(address, parseNetworks(network)), expected, `${address} ${network}`);
  }
});
