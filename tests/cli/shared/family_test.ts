import { assertEquals } from "@std/assert";
import { familyOf } from "../../../src/cli/shared/family.ts";

Deno.test("familyOf() names the IP version, if one is chosen", () => {
  assertEquals([{}, { ipv4: true }, { ipv6: true }].map(familyOf), [undefined, 4, 6]);
});
