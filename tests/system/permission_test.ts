import { assertEquals, assertThrows } from "@std/assert";
import { environmentVariable, isGranted, requireNet } from "../../src/system/permission.ts";

Deno.test({
  name: "requireNet names the address that is not permitted, and accepts those that are",
  permissions: { net: ["127.0.0.1:1234", "[2001:db8::1]:99", "localhost"] },
  fn(): void {
    requireNet("127.0.0.1", 1234);
    requireNet("2001:db8::1", 99);
    requireNet("2001:db8::1%eth0", 99);
    requireNet("localhost");
    requireNet("localhost", 5);
    const refused:
      readonly (readonly [hostname: string, port: number | undefined, named: string])[] = [
        ["127.0.0.1", 1235, "127.0.0.1:1235"],
        ["127.0.0.1", 0, "127.0.0.1:0"],
        ["127.0.0.1", undefined, "127.0.0.1"],
        ["2001:db8::1", 98, "[2001:db8::1]:98"],
        ["fe80::1%eth0", undefined, "[fe80::1]"],
        ["time.example", undefined, "time.example"],
      ];
    for (const [hostname, port, named] of refused) {
      assertThrows(
        () => requireNet(hostname, port),
        Deno.errors.NotCapable,
        `Requires net access to "${named}", run again with the --allow-net flag`,
      );
    }
  },
});

Deno.test({
  name: "environmentVariable does not prompt for what it may not read",
  permissions: { net: true },
  fn(): void {
    assertEquals(isGranted({ name: "net" }), true);
    assertEquals(isGranted({ name: "env", variable: "PATH" }), false);
    assertEquals(environmentVariable("PATH"), undefined);
  },
});
