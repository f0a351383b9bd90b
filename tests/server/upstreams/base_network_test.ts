import { assertEquals } from "@std/assert";
import type { UnixTime } from "../../../src/clock/clock.ts";
import { splitNs } from "../../../src/clock/line.ts";
import { onBase } from "../../../src/server/upstreams/base_network.ts";
import { FakeNetwork } from "../../support/fake_network.ts";

/**
 * A network whose clocks take 30 µs for a reading, and whose arrival was this long ago by the kernel's stamp.
 *
 * @param interrupted The reading that takes 5 ms more, as of a program that is not run meanwhile
 */
function openStamped(ageMs: number, interrupted = Infinity): ReturnType<FakeNetwork["connect"]> {
  const network = new FakeNetwork("2026-03-01T12:00:00Z");
  let readings = 0;
  const passed = (): bigint =>
    BigInt(readings * 30_000 + (readings++ >= interrupted ? 5_000_000 : 0));
  const start = network.timers.now();
  network.timers.now = () => start.add({ nanoseconds: Number(passed()) });
  const connect = network.connect.bind(network);
  network.connect = async (options) =>
    Object.assign(await connect(options), {
      receivedAt: () => start.subtract({ nanoseconds: ageMs * 1e6 - readings * 30_000 }),
    });
  // It began a day ago.
  const base = {
    read: (time: UnixTime): void => {
      Object.assign(time, splitNs(start.epochNanoseconds - 86_400_000_000_000n + passed()));
    },
  };
  return onBase(network, base).connect({ hostname: "192.0.2.1", port: 123 });
}

Deno.test("a receive timestamp is converted as if both clocks were read at one moment", async () => {
  for (
    const [ageMs, expected] of [
      [0.5, "2026-02-28T11:59:59.99953Z"],
      // The system's clock was set in between: the reply has just arrived.
      [-5, "2026-02-28T12:00:00.00006Z"],
      [3000, "2026-02-28T12:00:00.00006Z"],
    ] as const
  ) {
    const connection = await openStamped(ageMs);
    assertEquals(connection.receivedAt?.()?.toString(), expected);
  }
});

Deno.test("a reading of the clocks that is interrupted does not change when a reply came", async () => {
  for (const interrupted of [Infinity, 1, 2, 3, 4, 5, 6]) {
    const connection = await openStamped(0.5, interrupted);
    assertEquals(connection.receivedAt?.()?.toString(), "2026-02-28T11:59:59.99953Z");
  }
});
