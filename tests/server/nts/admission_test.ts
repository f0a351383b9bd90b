import { assertEquals } from "@std/assert";
import type { GuardOptions } from "../../../src/server/guard/options.ts";
import { openSettings, planGuard } from "../../../src/server/guard/guard.ts";
import { Admission, type Admitted } from "../../../src/server/nts/admission.ts";
import { FakeTime } from "../../support/fake_time.ts";

function open(options: GuardOptions = {}): { admission: Admission; time: FakeTime } {
  const time = new FakeTime();
  return {
    time,
    admission: new Admission(openSettings(planGuard(options)), () => time.monotonicMs()),
  };
}

/** Admits a connection, which must succeed. */
function enter(admission: Admission, hostname: string): Admitted {
  const admitted = admission.admit(hostname);
  if (typeof admitted === "string") throw new Error(`${hostname}: ${admitted}`);
  return admitted;
}

/** What becomes of connections that end at once. */
function outcomes(admission: Admission, hostname: string, count: number): string[] {
  return Array.from({ length: count }, () => {
    const admitted = admission.admit(hostname);
    if (typeof admitted === "string") return admitted;
    admitted[Symbol.dispose]();
    return "admitted";
  });
}

Deno.test("a source has eight connections at once, and one more when one of them ends", () => {
  const { admission } = open();
  const connections = Array.from({ length: 8 }, () => enter(admission, "192.0.2.1"));
  assertEquals(admission.admit("192.0.2.1"), "overload");
  enter(admission, "192.0.2.2");
  assertEquals(admission.connections, 9);
  connections[0]?.[Symbol.dispose]();
  enter(admission, "192.0.2.1");
  assertEquals(admission.admit("192.0.2.1"), "overload");
});

Deno.test("the addresses of an IPv6 /64 are one source, those of this machine are another each", () => {
  const { admission } = open();
  for (let i = 0; i < 8; i++) enter(admission, `2001:db8::${i}`);
  assertEquals(admission.admit("2001:db8::ffff:1"), "overload");
  enter(admission, "2001:db8:0:1::1");
  for (let i = 0; i < 8; i++) enter(admission, "127.0.0.1");
  assertEquals(admission.admit("127.0.0.1"), "overload");
  enter(admission, "::1");
});

Deno.test("a hundred connections are open at once, whatever their sources", () => {
  const { admission } = open();
  const all = Array.from({ length: 100 }, (_, i) => enter(admission, `198.51.100.${i}`));
  assertEquals(admission.admit("203.0.113.1"), "overload");
  assertEquals(admission.connections, 100);
  for (const each of all) each[Symbol.dispose]();
  assertEquals(admission.connections, 0);
  enter(admission, "203.0.113.1");
});

Deno.test("a source exchanges keys sixteen times at once, then twice a second", () => {
  const { admission, time } = open();
  const some = outcomes(admission, "192.0.2.1", 20);
  assertEquals(some, [...Array(16).fill("admitted"), ...Array(4).fill("rate_limited")]);
  assertEquals(outcomes(admission, "192.0.2.2", 1), ["admitted"]);
  time.holdUp(1000);
  assertEquals(outcomes(admission, "192.0.2.1", 3), ["admitted", "admitted", "rate_limited"]);
  // A connection that is refused costs nothing: the bucket fills all the same.
  time.holdUp(8000);
  assertEquals(outcomes(admission, "192.0.2.1", 17), [
    ...Array(16).fill("admitted"),
    "rate_limited",
  ]);
});

Deno.test("the programs of this machine share an address, and have no rate limit", () => {
  const { admission } = open();
  for (const address of ["127.0.0.1", "127.9.9.9", "::1"]) {
    assertEquals(new Set(outcomes(admission, address, 100)), new Set(["admitted"]), address);
  }
});

Deno.test("the access rules of the server hold for key exchanges", () => {
  const { admission } = open({ access: { allow: ["192.0.2.0/24"], deny: ["192.0.2.66"] } });
  const table = [["192.0.2.1", "admitted"], ["192.0.2.66", "denied"], ["198.51.100.1", "denied"]];
  for (const [address = "", expected = ""] of table) {
    assertEquals(outcomes(admission, address, 1), [expected], address);
  }
  assertEquals(outcomes(admission, "no address", 1), ["denied"]);
});
