import { assertEquals } from "@std/assert";
import { referenceIdOf } from "../../../src/server/upstreams/reference_id.ts";

Deno.test("referenceIdOf is an IPv4 address, or four octets of the MD5 hash of an IPv6 one", async () => {
  assertEquals(await referenceIdOf("192.0.2.1"), 0xc0000201);
  // printf '20010db8000000000000000000000001' | xxd -r -p | md5sum
  assertEquals((await referenceIdOf("2001:db8::1")).toString(16), "39ab9b37");
  assertEquals(await referenceIdOf("2001:0db8:0:0::0001"), await referenceIdOf("2001:db8::1"));
});

Deno.test("referenceIdOf distinguishes the servers of one machine on loopback by their ports", async () => {
  // For the last of them: printf '\0…\1\x1f\xbb' | md5sum, of 18 octets.
  for (
    const [address, port, expected] of [
      ["127.0.0.1", 123, 0x7f000001],
      ["127.0.0.1", 8123, 0x7f1fbb01],
      ["127.0.0.1", 65_535, 0x7fffff01],
      ["192.0.2.1", 8123, 0xc0000201],
      ["::1", 123, 0xcf404dc8],
      ["::1", 8123, 0xf4d91fc5],
      ["2001:db8::1", 8123, 0x39ab9b37],
    ] as const
  ) {
    assertEquals((await referenceIdOf(address, port)).toString(16), expected.toString(16), address);
  }
});
