import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import {
  checkTransport,
  readControl,
  readGuard,
  readListeners,
} from "../../../src/cli/timesrv/checks.ts";
import { UsageError } from "../../../src/cli/shared/errors.ts";

Deno.test("readGuard joins the limit and what belongs to it", () => {
  assertEquals(readGuard({}), { access: {}, rateLimit: {} });
  assertEquals(readGuard({ rateLimit: "off" }), { access: {}, rateLimit: "off" });
  assertEquals(
    readGuard({
      ...{ allow: ["192.0.2.0/24"], deny: ["all"], denyAction: "kod" },
      ...{ rateLimit: { perSecond: 2, burst: 3 }, rateKod: 0.5 },
      ...{ rateIpv4Prefix: 24, rateIpv6Prefix: 48 },
    }),
    {
      access: { allow: ["192.0.2.0/24"], deny: ["all"], denyAction: "kod" },
      rateLimit: { perSecond: 2, burst: 3, kod: 0.5, ipv4Prefix: 24, ipv6Prefix: 48 },
    },
  );
  assertEquals(readGuard({ rateKod: 0 }).rateLimit, { kod: 0 });
  for (const values of [{ rateKod: 0 }, { rateIpv4Prefix: 24 }, { rateIpv6Prefix: 48 }]) {
    assertThrows(
      () => readGuard({ rateLimit: "off", ...values }),
      UsageError,
      "--rate-kod and the prefixes need a rate limit: leave out --rate-limit off",
    );
  }
  assertThrows(
    () => readGuard({ allow: ["192.0.2.1"], deny: ["192.0.2.1"] }),
    UsageError,
    "192.0.2.1",
  );
});

Deno.test("checkTransport knows what each transport can do", () => {
  const plain = { hasFaults: false, isRecorded: false };
  const both = { hasFaults: true, isRecorded: true };
  for (const transport of ["auto", "mmsg", "datagram"] as const) {
    checkTransport({ transport }, plain);
    checkTransport({ transport, workers: 1 }, plain);
  }
  checkTransport({ transport: "auto", workers: 2, receiveQueueKib: 64 }, both);
  checkTransport({ transport: "mmsg", workers: 2, receiveQueueKib: 64 }, plain);
  checkTransport({ transport: "datagram" }, both);
  for (const key of ["hasFaults", "isRecorded"] as const) {
    assertThrows(
      () => checkTransport({ transport: "mmsg" }, { ...plain, [key]: true }),
      UsageError,
      "leave out --transport mmsg",
    );
  }
  for (const values of [{ workers: 2 }, { receiveQueueKib: 64 }]) {
    assertThrows(
      () => checkTransport({ transport: "datagram", ...values }, plain),
      UsageError,
      "--workers and --receive-queue are for --transport mmsg",
    );
  }
});

Deno.test("readControl demands a token where other machines may reach the control interface", async () => {
  const controlToken = "0123456789abcdef";
  assertEquals(await readControl({}), {});
  for (const control of ["127.0.0.1:0", "[::1]:8890", "localhost:8890"]) {
    assertEquals(await readControl({ control }), { control });
    assertEquals(await readControl({ control, controlToken }), { control, controlToken });
  }
  for (const control of ["0.0.0.0:8890", "192.0.2.1:8890", "[::]:8890"]) {
    assertEquals(await readControl({ control, controlToken }), { control, controlToken });
    await assertRejects(
      () => readControl({ control }),
      UsageError,
      `Other machines may reach --control ${control}: it needs a --control-token-file`,
    );
  }
  const readOnly = { control: "127.0.0.1:0", controlReadOnly: true };
  assertEquals(await readControl(readOnly), readOnly);
  assertEquals(await readControl({ http: "127.0.0.1:0", maxClients: 9 }), { maxClients: 9 });
  for (
    const [values, option] of [
      [{ controlReadOnly: true }, "--control-read-only"],
      [{ controlToken }, "--control-token"],
      [{ controlTokenFile: "./token" }, "--control-token-file"],
    ] as const
  ) await assertRejects(() => readControl(values), UsageError, `${option} needs --control`);
});

Deno.test("readListeners holds addresses against the IP version, and clocks against what can be", () => {
  const urlsOf = (urls: readonly string[], family?: 4 | 6): string[] =>
    readListeners(urls, family).map(({ endpoint }) => endpoint.hostname);
  assertEquals(urlsOf(["127.0.0.1:0", "[::1]:0", "localhost:0"]), [
    "127.0.0.1",
    "::1",
    "localhost",
  ]);
  assertEquals(urlsOf(["127.0.0.1:0", "localhost:0"], 4), ["127.0.0.1", "localhost"]);
  assertEquals(urlsOf(["[::1]:0", "localhost:0"], 6), ["::1", "localhost"]);
  for (
    const [url, family, message] of [
      ["127.0.0.1:0", 6, "127.0.0.1 is an IPv4 address: leave out -6"],
      ["[::1]:0", 4, "::1 is an IPv6 address: leave out -4"],
      [
        "ntp://127.0.0.1:0?leap=insert@2016-12-31",
        undefined,
        "Cannot insert a second on 2016-12-31",
      ],
      ["nonsense://127.0.0.1", undefined, 'unknown protocol "nonsense"'],
    ] as const
  ) assertThrows(() => readListeners([url], family), UsageError, message);
});
