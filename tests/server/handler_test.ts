import { assertEquals } from "@std/assert";
import type { Clock } from "../../src/clock/clock.ts";
import { UNKNOWN_STATUS } from "../../src/clock/status.ts";
import type { Exchange } from "../../src/transports/exchange.ts";
import { ServedClock } from "../../src/clock/served_clock.ts";
import { ServedPage } from "../../src/clock/page.ts";
import { decodeNtpPacket, field, NTP_HEADER_LENGTH } from "../../src/protocols/ntp/packet.ts";
import { REPLY_CAPACITY } from "../../src/protocols/responder.ts";
import { Guard, planGuard } from "../../src/server/guard/guard.ts";
import { createHandler } from "../../src/server/handler.ts";
import { ServedTime } from "../../src/clock/served_time.ts";
import { Counters } from "../../src/transports/counters.ts";
import { builtIn } from "../support/services.ts";
import { sourceOf } from "./faults/engine.ts";

const endpoint = { protocol: "ntp", hostname: "127.0.0.1", port: 123 } as const;

/** A clock that stands still, and does something else when it is read. */
function interruptible(): Clock & { interrupt: () => void } {
  return {
    interrupt: () => {},
    read(time): void {
      Object.assign(time, { seconds: 1_700_000_000, nanoseconds: 0 });
      this.interrupt();
    },
  };
}

for (const isStamped of [false, true]) {
  Deno.test(`an answer is of one piece, whenever the clock is changed (stamped: ${isStamped})`, async () => {
    const base = interruptible();
    const options = { base, clock: {}, status: {}, precision: -20 };
    using time = new ServedTime(options);
    // As another thread has it: nothing but the page tells it of a change.
    const clock = new ServedClock(base, new ServedPage(time.page));
    const responder = await builtIn("ntp");
    const guard = new Guard(planGuard({}), endpoint, () => 0);
    const counters = new Counters();
    const handler = createHandler(endpoint, { guard, responder, base, clock, counters, isStamped });
    const states = [
      { clock: { offset: "+10s" }, status: { stratum: 5, rootDispersion: 0.5 } },
      { clock: { offset: "+4000s" }, status: { stratum: 1, rootDispersion: 2 } },
    ];
    // At which reading of the system's clock the change comes.
    for (let at = 0; at < 3; at++) {
      for (const [i, first] of states.entries()) {
        time.begin(first.clock, first.status);
        const second = states[1 - i] ?? first;
        let readings = 0;
        base.interrupt = () => {
          if (readings++ !== at) return;
          base.interrupt = () => {};
          time.begin(second.clock, second.status);
        };
        const request = new Uint8Array(NTP_HEADER_LENGTH);
        request[field.flags] = 0x23;
        const reply = new Uint8Array(REPLY_CAPACITY);
        const arrival = { seconds: 1_700_000_000, nanoseconds: 0 };
        const exchange: Exchange = {
          request,
          reply,
          arrival,
          source: sourceOf("127.0.0.1"),
          status: UNKNOWN_STATUS,
          isUnfinished: false,
        };
        handler.begin();
        const length = handler.handle(exchange);
        handler.finish([exchange], 1, 0);
        base.interrupt = () => {};
        const packet = decodeNtpPacket(reply.subarray(0, length as number));
        const served = [packet.receiveTimestamp, packet.transmitTimestamp]
          .map((stamp) => Number(stamp >> 32n) - 2_208_988_800 - 1_700_000_000);
        const isFirst = packet.stratum === first.status.stratum;
        const expected = (isFirst ? first : second).clock.offset === "+10s" ? 10 : 4000;
        assertEquals(served, [expected, expected], `change at reading ${at}`);
      }
    }
  });
}
