import { assertEquals, assertMatch, assertThrows } from "@std/assert";
import fc from "fast-check";
import { formatEndpoint, parseEndpoint, parseTarget } from "../../src/protocols/endpoint.ts";
import type { Protocol } from "../../src/protocols/registry.ts";
import { isLinkLocal } from "../../src/system/address.ts";
import { check } from "../support/property.ts";

Deno.test("parseEndpoint reads what users write", () => {
  const table: [url: string, hostname: string, port: number][] = [
    ["asctime://127.0.0.1:8888", "127.0.0.1", 8888],
    ["asctime://127.0.0.1", "127.0.0.1", 8888],
    ["asctime://127.0.0.1/", "127.0.0.1", 8888],
    ["ASCTIME://Time.Example:0", "Time.Example", 0],
    ["time.example", "time.example", 123],
    ["time.example:65535", "time.example", 65535],
    ["[::1]", "::1", 123],
    ["[::1]:99", "::1", 99],
    ["::1", "::1", 123],
    ["2001:db8::5", "2001:db8::5", 123],
    ["asctime://[fe80::1%eth0]:99", "fe80::1%eth0", 99],
    ["fe80::1%eth0", "fe80::1%eth0", 123],
    // As RFC 6874 has it; the zone 25 is written without a second percent sign.
    ["asctime://[fe80::1%25eth0]:99", "fe80::1%eth0", 99],
    ["[::1%25lo]", "::1%lo", 123],
    ["[fe80::1%251]", "fe80::1%1", 123],
    ["[fe80::1%25]", "fe80::1%25", 123],
    ["fe80::1%25", "fe80::1%25", 123],
    ["asctime://[::ffff:192.0.2.1]", "::ffff:192.0.2.1", 8888],
  ];
  for (const [url, hostname, port] of table) {
    const protocol = /^asctime:/i.test(url) ? "asctime" : "ntp";
    assertEquals(parseEndpoint(url), { protocol, hostname, port }, url);
  }
});

Deno.test("parseEndpoint has the protocol of the port, or NTP, without a scheme", () => {
  const table: [url: string, usual: Protocol | undefined, protocol: Protocol, port: number][] = [
    ["host", undefined, "ntp", 123],
    ["host:8888", undefined, "asctime", 8888],
    ["[::1]:8888", undefined, "asctime", 8888],
    ["host:8889", undefined, "ntp", 8889],
    ["host:0", undefined, "ntp", 0],
    ["host", "auto", "auto", 8888],
    ["host:8888", "auto", "auto", 8888],
    ["host:1123", "auto", "auto", 1123],
    ["host:8888", "ntp", "ntp", 8888],
    ["time://host:13", "ntp", "time", 13],
  ];
  for (const usual of [undefined, "auto", "ntp"] as const) {
    table.push(["host:13", usual, "daytime", 13]);
    table.push(["[::1]:37", usual, "time", 37], ["host:0123", usual, "ntp", 123]);
  }
  for (const [url, usual, protocol, port] of table) {
    const endpoint = parseEndpoint(url, usual);
    assertEquals([endpoint.protocol, endpoint.port], [protocol, port], `${url} ${usual}`);
  }
});

Deno.test("parseEndpoint reports what is wrong", () => {
  const table: [url: string, problem: string][] = [
    ["", "the host is missing"],
    ["asctime://", "the host is missing"],
    ["asctime://:99", "the host is missing"],
    ["asctime://[]:99", "not an IPv6 address"],
    ["asctime://[1.2.3.4]", "not an IPv6 address"],
    ["asctime://[::g]", "not an IPv6 address"],
    ["asctime://host:", "expected [PROTOCOL://]HOST[:PORT]"],
    ["asctime://host:port", "expected [PROTOCOL://]HOST[:PORT]"],
    ["asctime://host:-1", "expected [PROTOCOL://]HOST[:PORT]"],
    ["asctime://host:65536", "port 65536 is above 65535"],
    ["asctime://host:99999999999999999999", "is above 65535"],
    ["asctime://user@host", "expected [PROTOCOL://]HOST[:PORT]"],
    ["asctime://host/path", "expected [PROTOCOL://]HOST[:PORT]"],
    ["asctime://a host", "expected [PROTOCOL://]HOST[:PORT]"],
    ["http://host", 'unknown protocol "http", expected asctime'],
    ["constructor://host", 'unknown protocol "constructor"'],
    ["fe80::1", "a link-local address needs its interface, as in [fe80::1%eth0]"],
    ["asctime://[FEBF::1]:99", "a link-local address needs its interface"],
    ["8889", "a port follows a host, as in 127.0.0.1:8889"],
    ["::1:g", "expected [PROTOCOL://]HOST[:PORT]"],
    ["::1]/x", "expected [PROTOCOL://]HOST[:PORT]"],
    ["::1]:80/[::2", "expected [PROTOCOL://]HOST[:PORT]"],
    ["fe80::1%a]:80", "expected [PROTOCOL://]HOST[:PORT]"],
    ["ntp://a\x1b[2J.example", "expected [PROTOCOL://]HOST[:PORT]"],
  ];
  for (const character of ["\x1b", "\x9b", "\u202e", "\u{e0001}", "\ud800"]) {
    for (const host of [`a${character}b`, `[fe80::1%${character}]`]) {
      const parse = () => parseEndpoint(`ntp://${host}`);
      const { message } = assertThrows(parse, SyntaxError, "the host has an unprintable character");
      assertMatch(message, /^[\x20-\x7e]+$/);
    }
  }
  for (const [url, problem] of table) {
    const error = assertThrows(() => parseEndpoint(url), SyntaxError, problem);
    assertEquals(error.message.includes(JSON.stringify(url)), true, error.message);
  }
});

Deno.test("parseTarget reads what parseEndpoint does, but for port 0", () => {
  assertEquals(parseTarget("[::1]:99", "ntp"), parseEndpoint("[::1]:99", "ntp"));
  assertThrows(() => parseTarget("nosuch://host"), SyntaxError, "unknown protocol");
  for (const url of ["ntp://127.0.0.1:0", "host:00", "[::1]:0/"]) {
    assertThrows(() => parseTarget(url), SyntaxError, "port 0 is for listeners");
    assertEquals(parseEndpoint(url).port, 0);
  }
});

Deno.test("an error shows the URL of a target as it was given", () => {
  const table: [url: string, problem: string][] = [
    ["ntp+nts://", "the host is missing"],
    ["ntp+nts://::1", "expected [PROTOCOL://]HOST[:PORT], an IPv6 address in brackets"],
    ["NTP+NTS://host:65536", "port 65536 is above 65535"],
    ["ntp://?key=7", "the host is missing"],
    ["nosuch://host?key=7", 'unknown protocol "nosuch"'],
  ];
  for (const [url, problem] of table) {
    assertThrows(() => parseTarget(url), SyntaxError, `Cannot read "${url}": ${problem}`);
  }
});

Deno.test("formatEndpoint writes what parseEndpoint reads", () => {
  const hostname = fc.oneof(
    fc.domain(),
    fc.ipV4(),
    fc.ipV6().filter((address) => !isLinkLocal(address)),
  );
  check(fc.property(hostname, fc.integer({ min: 0, max: 65535 }), (hostname, port) => {
    const endpoint = { protocol: "asctime", hostname, port } as const;
    assertEquals(parseEndpoint(formatEndpoint(endpoint)), endpoint);
  }));
});

Deno.test("parseEndpoint reads or throws SyntaxError, whatever the text", () => {
  check(fc.property(fc.string({ unit: "binary" }), (url) => {
    try {
      parseEndpoint(url);
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
    }
  }));
});
