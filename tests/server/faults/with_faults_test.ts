import { assertEquals } from "@std/assert";
import { decodeNtpPacket } from "../../../src/protocols/ntp/packet.ts";
import type { Protocol } from "../../../src/protocols/registry.ts";
import type { FaultsOptions } from "../../../src/server/faults/options.ts";
import { Counters } from "../../../src/transports/counters.ts";
import { faultyPeer } from "../../support/reply_chain.ts";
import { answer, builtIn, NOW, octetsOf } from "../../support/services.ts";
import { Engine, ntpRequest } from "./engine.ts";

/** Asks a server with faults several times: its replies, undefined for none, and how many KoDs it counted. */
async function askAll(
  faults: FaultsOptions,
  requests: readonly Uint8Array[],
  protocol: Protocol = "ntp",
): Promise<{ replies: (Uint8Array | undefined)[]; kisses: number }> {
  const counters = new Counters();
  const peer = faultyPeer(protocol, builtIn(protocol), NOW, faults, 868, counters);
  const replies = [];
  for (const request of requests) replies.push((await peer(request))[0]);
  return { replies, kisses: counters.totals().kisses };
}

const request = ntpRequest(7);
const whole = answer(builtIn("ntp"), request);

Deno.test("early and late timestamps are an hour off, in the requested fields alone", async () => {
  const fields = ["reference", "receive", "transmit"] as const;
  const times = (octets: Uint8Array | undefined): bigint[] => {
    const packet = decodeNtpPacket(octets ?? new Uint8Array());
    return [packet.referenceTimestamp, packet.receiveTimestamp, packet.transmitTimestamp];
  };
  for (const [value, hours] of [["early", -1n], ["late", 1n]] as const) {
    for (const field of [...fields, "all"] as const) {
      const { replies: [reply] } = await askAll({ timestamps: { value, field } }, [request]);
      const expected = times(whole).map((time, i) =>
        field === "all" || field === fields[i] ? time + hours * (3600n << 32n) : time
      );
      assertEquals(times(reply), expected, `${value} ${field}`);
      // Nothing else is changed.
      for (const at of [0, 8, 24]) {
        const end = at === 24 ? 32 : at + 8;
        assertEquals(reply?.subarray(at, end), whole.subarray(at, end), `${value} ${field}`);
      }
    }
  }
});

Deno.test("a KoD is counted if it leaves as one", async () => {
  const cases: readonly (readonly [FaultsOptions, kisses: number])[] = [
    [{ kiss: 1 }, 3],
    [{ kiss: { after: 1 } }, 2],
    [{ kiss: 1, replay: { after: 2 } }, 2],
    [{ kiss: 1, replay: 1 }, 1],
    [{ kiss: 1, garbage: { every: 2 } }, 2],
    [{ kiss: 1, drop: { every: 3 } }, 2],
    [{ kiss: 1, stratum: 1, origin: 1, truncate: { length: 20 } }, 3],
  ];
  for (const [faults, expected] of cases) {
    const { kisses } = await askAll(faults, [request, request, request]);
    assertEquals(kisses, expected, JSON.stringify(faults));
  }
  const text = octetsOf("Time request");
  assertEquals((await askAll({ kiss: 1 }, [text, request, text], "auto")).kisses, 1);
});

Deno.test("a replay is of the first reply since the faults were set, of the same kind", () => {
  const { faults } = new Engine({ replay: 1 });
  const [first, second, text] = [Uint8Array.of(1), Uint8Array.of(2), Uint8Array.of(3)];
  assertEquals(faults.recall(first, true), undefined);
  assertEquals(faults.recall(second, true), Uint8Array.of(1));
  assertEquals(faults.recall(text, false), undefined);
  // It is a copy: the place of a reply is used again.
  first[0] = 9;
  assertEquals(faults.recall(second, true), Uint8Array.of(1));
  assertEquals(faults.recall(second, false), Uint8Array.of(3));
  faults.set(faults.options);
  assertEquals(faults.recall(second, true), undefined);
  assertEquals(faults.recall(first, true), Uint8Array.of(2));
});
