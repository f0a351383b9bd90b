/** Which transport is chosen, and why. */
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { serve } from "../../src/server/serve.ts";
import { systemClock } from "../../src/clock/system_clock.ts";
import { chooseTransport, type TransportChoice } from "../../src/server/transport.ts";
import { type Libc, unsupportedSystem } from "../../src/system/libc.ts";
import { collectingLog } from "../support/collecting_log.ts";
import { FakeLibc } from "../support/fake_libc.ts";

const FREE = "asctime://127.0.0.1:0";
const mmsg = { transport: "mmsg" } as const;

Deno.test("serve explains why it cannot use mmsg, and chooses datagram on auto", async () => {
  const log = collectingLog();
  const responder = { respond: (): number => 0 };
  const clock = { read: (): void => {} };
  for (const own of [{ responder }, { clock }]) {
    await assertRejects(
      () => serve(FREE, { ...own, ...mmsg }),
      Deno.errors.NotSupported,
      "Cannot use the mmsg transport: ",
    );
    await using server = await serve(FREE, { ...own, transport: "auto", log });
    assertEquals(server.transport, "datagram");
  }
  await log.flush();
  assert(/Transport: datagram \(.+\)\n/.test(log.text()), log.text());
  await using server = await serve(FREE);
  assertEquals(server.transport, "datagram");
  for (const workers of [0, 1.5, 100_000]) {
    await assertRejects(
      () => serve(FREE, { workers }),
      RangeError,
      "expected a whole number, 1 to",
    );
  }
});

Deno.test({
  name: "serve on auto uses datagram without the permission ffi",
  permissions: { net: true },
  async fn(): Promise<void> {
    const log = collectingLog();
    await using server = await serve(FREE, { transport: "auto", log });
    await log.flush();
    assertEquals(server.transport, "datagram");
    if (Deno.build.os === "linux") assert(log.text().includes("(no permission --allow-ffi)"));
  },
});

/** Chooses a transport where all permissions are granted, by default on a kernel that has all it needs. */
function choose(
  wish: Parameters<typeof chooseTransport>[0],
  open: () => Libc = () => new FakeLibc(),
): Omit<TransportChoice, "libc"> {
  const { querySync } = Deno.permissions;
  try {
    Deno.permissions.querySync = () => ({ state: "granted" }) as Deno.PermissionStatus;
    const { libc, ...choice } = chooseTransport(wish, open);
    assertEquals(libc !== undefined, choice.transport === "mmsg");
    libc?.[Symbol.dispose]();
    return choice;
  } finally {
    Deno.permissions.querySync = querySync;
  }
}

Deno.test({
  name:
    "chooseTransport takes mmsg where nothing is against it, and gives the first reason that is",
  ignore: unsupportedSystem() !== undefined,
  fn(): void {
    const responder = { respond: (): number => 0 };
    const clock = { read: (): void => {} };
    const control = "127.0.0.1:0";
    assertEquals(choose({}), { transport: "datagram" });
    assertEquals(choose({ hasFaults: true }), { transport: "datagram" });
    for (const wish of [{}, { clock: systemClock }, { clock: { offset: "1h" } }, { control }]) {
      assertEquals(choose({ ...wish, transport: "mmsg" }), { transport: "mmsg" });
      if (wish === undefined || !("control" in wish)) {
        assertEquals(choose({ ...wish, transport: "auto" }), { transport: "mmsg" });
      }
    }
    const reasons: [wish: Parameters<typeof chooseTransport>[0], reason: string][] = [
      [{ responder, clock, hasFaults: true }, "a custom responder runs on the main thread"],
      [{ clock, hasFaults: true }, "a custom clock runs on the main thread"],
      [{ hasFaults: true, control }, "faults delay replies"],
    ];
    for (const [wish, reason] of reasons) {
      assertEquals(choose({ ...wish, transport: "auto" }), { transport: "datagram", reason });
      assertThrows(
        () => choose({ ...wish, transport: "mmsg" }),
        Deno.errors.NotSupported,
        `Cannot use the mmsg transport: ${reason}`,
      );
    }
    assertEquals(choose({ transport: "auto", control }), {
      transport: "datagram",
      reason: "faults may be set, unless --control-read-only",
    });
    const readOnly = { transport: "auto", control, controlReadOnly: true } as const;
    assertEquals(choose(readOnly), { transport: "mmsg" });
    assertEquals(choose({ ...readOnly, hasFaults: true }).transport, "datagram");
  },
});

Deno.test({
  name: "chooseTransport falls back where the C library or the kernel lacks what mmsg needs",
  ignore: unsupportedSystem() !== undefined,
  fn(): void {
    const lacking = (): Libc => {
      const libc = new FakeLibc();
      libc.results["setsockopt"] = [{ errno: 92 }];
      return libc;
    };
    const absent = (): Libc => {
      throw new Error("Could not open library");
    };
    const reason = "this system cannot set the socket option SO_TIMESTAMPNS: error 92 (errno 92)";
    for (const [open, why] of [[lacking, reason], [absent, "Could not open library"]] as const) {
      assertEquals(choose({ transport: "auto" }, open), { transport: "datagram", reason: why });
      assertThrows(
        () => choose({ transport: "mmsg" }, open),
        Deno.errors.NotSupported,
        `Cannot use the mmsg transport: ${why}`,
      );
    }
  },
});

Deno.test({
  name: "the faults of one listener are against mmsg",
  ignore: unsupportedSystem() !== undefined,
  async fn(): Promise<void> {
    const { querySync } = Deno.permissions;
    try {
      Deno.permissions.querySync = () => ({ state: "granted" }) as Deno.PermissionStatus;
      for (
        const [urls, options] of [[[FREE, `${FREE}?drop=0.5`], {}], [[FREE], {
          faults: {},
        }]] as const
      ) {
        await assertRejects(
          () => serve(urls, { ...options, ...mmsg }),
          Deno.errors.NotSupported,
          "faults delay replies",
        );
      }
    } finally {
      Deno.permissions.querySync = querySync;
    }
  },
});
