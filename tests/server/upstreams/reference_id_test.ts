import { assertEquals } from "@std/assert";
import { referenceIdOf } from "../../../src/server/upstreams/reference_id.ts";

Deno.test("referenceIdOf is an IPv4 address, or four octets of the MD5 hash of an IPv6 one", async () => {
  assertEquals(await referenceIdOf("192.0.2.1"), 0xc0000201);
  // printf '20010db8000000000000000000000001' | xxd -r -p | md5sum
  assertEquals((await referenceIdOf("2001:db8::1")).toString(16), "39ab9b37");
  assertEquals(await referenceIdOf("2001:0db8:0:0::0001"), await referenceIdOf("2001:db8::1"));
});
