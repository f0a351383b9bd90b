import { assertEquals, assertRejects } from "@std/assert";
import {
  addressFamily,
  canonicalAddress,
  firstOf,
  isLinkLocal,
  isLoopback,
  isUnanswered,
  isUnicast,
  isWildcard,
  resolveHost,
} from "../../src/system/address.ts";

Deno.test("canonicalAddress gives equal addresses one spelling", () => {
  const table: [address: string, canonical: string][] = [
    ["127.0.0.1", "127.0.0.1"],
    ["127.1", "127.0.0.1"],
    ["::1", "::1"],
    ["0:0:0:0:0:0:0:1", "::1"],
    ["2001:DB8::0:5", "2001:db8::5"],
    ["fe80::1%eth0", "fe80::1"],
    ["::ffff:192.0.2.129", "192.0.2.129"],
    ["::FFFF:c000:0281", "192.0.2.129"],
    ["::", "::"],
    ["::ffff:0.0.0.0", "0.0.0.0"],
  ];
  for (const [address, canonical] of table) assertEquals(canonicalAddress(address), canonical);
});

Deno.test("addressFamily distinguishes addresses and names", () => {
  assertEquals(addressFamily("192.0.2.1"), 4);
  assertEquals(addressFamily("127.1"), 4);
  assertEquals(addressFamily("::ffff:192.0.2.1"), 6);
  assertEquals(addressFamily("fe80::1%eth0"), 6);
  for (const name of ["localhost", "4.example", "1.2.3.4.5", "999.0.0.1", "a1"]) {
    assertEquals(addressFamily(name), undefined, name);
  }
});

Deno.test("isWildcard and isLoopback see through spellings", () => {
  assertEquals(["0.0.0.0", "::", "0::0", "::ffff:0.0.0.0"].map(isWildcard), [
    true,
    true,
    true,
    true,
  ]);
  assertEquals(["127.0.0.1", "::1", "10.0.0.0"].map(isWildcard), [false, false, false]);
  assertEquals(["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"].map(isLoopback), [
    true,
    true,
    true,
    true,
  ]);
  for (const other of ["128.0.0.1", "::2", "0.0.0.0", "127.0.0.1.example", "127.example", ""]) {
    assertEquals(isLoopback(other), false, other);
  }
});

Deno.test("isUnicast knows multicast and broadcast addresses", () => {
  for (const many of ["224.0.0.1", "239.255.255.255", "255.255.255.255", "ff02::1", "FF0E::101"]) {
    assertEquals(isUnicast(many), false, many);
  }
  for (
    const one of ["223.255.255.255", "240.0.0.1", "22.4.0.1", "255.255.255.254", "fe80::1", "::1"]
  ) {
    assertEquals(isUnicast(one), true, one);
  }
});

Deno.test("resolveHost returns an address itself, and keeps to the requested family", async () => {
  assertEquals(await resolveHost("192.0.2.1"), ["192.0.2.1"]);
  assertEquals(await resolveHost("192.0.2.1", 4), ["192.0.2.1"]);
  assertEquals(await resolveHost("::ffff:192.0.2.1", 4), ["192.0.2.1"]);
  // A zone is kept where addresses belong to one.
  assertEquals(await resolveHost("fe80::1%eth0"), ["fe80::1%eth0"]);
  assertEquals(await resolveHost("ff02::101%eth0"), ["ff02::101%eth0"]);
  assertEquals(await resolveHost("::1%lo"), ["::1"]);
  assertEquals(await resolveHost("2001:db8::5%eth0"), ["2001:db8::5"]);
  await assertRejects(() => resolveHost("192.0.2.1", 6), Error, "192.0.2.1 is not an IPv6 address");
  await assertRejects(() => resolveHost("::1", 4), Error, "::1 is not an IPv4 address");
});

Deno.test("firstOf goes on after any failure, and throws the last", async () => {
  const attempt = (address: string): string => {
    if (address === "good") return address;
    throw address;
  };
  assertEquals(await firstOf(["bad", "worse", "good", "unused"], attempt), "good");
  const failure = await firstOf(["bad", "worse"], attempt).catch((error) => error);
  assertEquals(failure, "worse");
  const final = firstOf(["bad", "good"], attempt, (error) => error === "bad");
  assertEquals(await final.catch((error) => error), "bad");
});

Deno.test("resolveHost resolves local names, and reports unknown ones", async () => {
  const addresses = await resolveHost("localhost");
  assertEquals(addresses.every(isLoopback), true, addresses.join());
  assertEquals(await resolveHost("localhost", 4), ["127.0.0.1"]);
  await assertRejects(() => resolveHost("nosuch.invalid"), Error, "Unknown host nosuch.invalid");
});

Deno.test("isLinkLocal knows fe80::/10", () => {
  for (const local of ["fe80::1", "FE80::1%eth0", "fe90::", "fea0::1", "febf:ffff::1"]) {
    assertEquals(isLinkLocal(local), true, local);
  }
  for (
    const other of ["fe7f::1", "fec0::1", "fe8::1", "fd80::1", "::fe80:1", "169.254.0.1", "fe80"]
  ) {
    assertEquals(isLinkLocal(other), false, other);
  }
});

Deno.test("isUnanswered tells a silent name server from an unknown name", () => {
  const failure = (code: string): Error => new Error("no", { cause: { code } });
  assertEquals(["EAI_AGAIN", "ENOTFOUND"].map((code) => isUnanswered(failure(code))), [
    true,
    false,
  ]);
  assertEquals([new Error("EAI_AGAIN"), { cause: { code: "EAI_AGAIN" } }].map(isUnanswered), [
    false,
    false,
  ]);
});

Deno.test({
  name: "resolveHost names a missing permission, not an unknown host",
  permissions: { net: ["127.0.0.1"] },
  async fn(): Promise<void> {
    await assertRejects(
      () => resolveHost("localhost"),
      Deno.errors.NotCapable,
      'Requires net access to "localhost"',
    );
  },
});

Deno.test("resolveHost says which addresses an unknown name lacks", async () => {
  const kinds = [[4, " (no IPv4 address)"], [6, " (no IPv6 address)"], [undefined, ""]] as const;
  for (const [family, kind] of kinds) {
    const error = await assertRejects(() => resolveHost("nosuch.invalid", family), Error);
    assertEquals(error.message, `Unknown host nosuch.invalid${kind}`);
  }
});
