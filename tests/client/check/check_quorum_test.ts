import { assertEquals, assertRejects } from "@std/assert";
import { check, type CheckOptions } from "../../../src/client/check/check.ts";
import type { CheckState } from "../../../src/client/check/thresholds.ts";
import { parseKeys } from "../../../src/crypto/symmetric_keys.ts";
import { serve } from "../../../src/server/serve.ts";
import { FakeNetwork } from "../../support/fake_network.ts";

Deno.test("check needs a quorum of several servers, and names those that are wrong or silent", async () => {
  // Of each server: the seconds that it is ahead, or NaN if it is silent.
  const cases: readonly (readonly [readonly number[], CheckOptions, CheckState, string])[] = [
    [[0, 0, 0], {}, "OK", "Offset 0 secs, 3 of 3 servers agree"],
    [[5, 5, 5], { warning: { offset: "1" } }, "WARNING", "Offset 5 secs, 3 of 3 servers agree"],
    [
      [0, 9, 0],
      {},
      "WARNING",
      "Offset 0 secs, 2 of 3 servers agree, 192.0.2.2:123 is wrong: +9.000 s from the other two (WARNING)",
    ],
    [
      [0, NaN, 0],
      {},
      "OK",
      "Offset 0 secs, 2 of 3 servers agree, 1 of 3 did not answer: 192.0.2.2:123",
    ],
    [
      [0, NaN, 0],
      { quorum: 3 },
      "CRITICAL",
      "Offset 0 secs, 2 of 3 servers agree, 3 must (CRITICAL), 1 of 3 did not answer: 192.0.2.2:123",
    ],
    [[0, 9], {}, "CRITICAL", "Offset unknown, 0 of 2 servers agree, 2 must (CRITICAL)"],
    [
      [0, NaN],
      { noOffset: "UNKNOWN" },
      "UNKNOWN",
      "Offset 0 secs, 1 of 2 servers agree, 2 must (UNKNOWN), 1 of 2 did not answer: 192.0.2.2:123",
    ],
    [
      [0, NaN],
      { quorum: 1 },
      "OK",
      "Offset 0 secs, 1 of 2 servers agree, 1 of 2 did not answer: 192.0.2.2:123",
    ],
    [
      [0, 0],
      { warning: { stratum: "1" } },
      "WARNING",
      "Offset 0 secs, 2 of 2 servers agree, 192.0.2.1:123 stratum=2 (WARNING), 192.0.2.2:123 stratum=2 (WARNING)",
    ],
  ];
  for (const [offsets, options, state, text] of cases) {
    const network = new FakeNetwork();
    const hosts = offsets.map((ahead, i) => {
      const host = `192.0.2.${i + 1}`;
      network.serveNtp(host, () => Number.isNaN(ahead) ? undefined : { stratum: 2 })
        .aheadSeconds = ahead || 0;
      return host;
    });
    const checked = await network.run(check(hosts, { network, ...options }));
    assertEquals(checked.line.split("|")[0], `NTP ${state}: ${text}`);
    const seconds = network.timers.monotonicMs() / 1000;
    // Three requests at most, 2 s apart, the last of which is lost after 1.9 s.
    assertEquals(seconds < 6, true, `${seconds} s`);
  }
  const network = new FakeNetwork();
  const hosts = ["192.0.2.1", "192.0.2.2"];
  for (const [i, host] of hosts.entries()) network.serveNtp(host).aheadSeconds = i * 0.25 - 1;
  const options = { network, critical: { offset: "10s" }, quorum: 1 };
  const { line } = await network.run(check(hosts, options));
  assertEquals(
    line.split("|")[1],
    "agreeing=0;;1:;0;2 falsetickers=0;0;;0;2 failed=0;;;0;2 " +
      "'192.0.2.1:123 offset'=-1.000000s '192.0.2.2:123 offset'=-0.750000s",
  );
  for (const quorum of [0, 3, 1.5]) {
    await assertRejects(() => check(hosts, { network, quorum }), RangeError, "quorum");
  }
  await assertRejects(() => check([]), RangeError, "no server");
});

Deno.test("the performance data of several servers has labels and bars as its readers expect them", async () => {
  const keys = parseKeys(`7 SHA1 HEX:${"ab".repeat(20)}`);
  await using server = await serve(["ntp://127.0.0.1:0", "ntp://127.0.0.1:0"], { keys });
  const urls = server.addresses.map(({ url }) => `${url}?key=7`);
  const { line } = await check(urls, { keys });
  const labels = [...line.matchAll(/'([^']+)'=/g)].map(([, label]) => label);
  // The guidelines allow no = in a label.
  assertEquals(labels, server.addresses.map(({ port }) => `127.0.0.1:${port}?key 7 offset`));

  const network = new FakeNetwork();
  network.serveNtp("192.0.2.1");
  const odd = await network.run(check(["192.0.2.1", "a|b"], { network, quorum: 1 }));
  assertEquals(
    odd.line.split("|")[0],
    "NTP OK: Offset 0 secs, 1 of 2 servers agree, 1 of 2 did not answer: a/b:123",
  );
});
