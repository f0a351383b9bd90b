/** A clock that is set while it is served, by hours and by eras. */
import { assert, assertEquals } from "@std/assert";
import { decodeNtpPacket } from "../../src/protocols/mod.ts";
import { serve } from "../../mod.ts";
import { field, NTP_HEADER_LENGTH } from "../../src/protocols/ntp/packet.ts";
import { collectingLog } from "../support/collecting_log.ts";
import { UdpClient } from "../support/udp_client.ts";
import { until } from "../support/wait.ts";
import { accountedFor, eachWay } from "./transports.ts";

/** An era of NTP: 2^32 seconds. */
const ERA = "4294967296s";
const steps = ["PT1H", "-PT1H", "-PT1H", "PT1H", ERA, `-${ERA}`, `-${ERA}`, ERA, "-1ms", "1ms"];

function request(n: number): Uint8Array {
  const octets = new Uint8Array(NTP_HEADER_LENGTH);
  octets[field.flags] = 0x23;
  new DataView(octets.buffer).setUint32(field.transmitTimestamp, n + 1);
  return octets;
}

(await eachWay(
  "no reply leaves before its request arrived, even while the clock is stepped",
  async (way) => {
    const log = collectingLog();
    await using server = await serve("auto://127.0.0.1:0", {
      ...way,
      log,
    });
    const [address] = server.addresses;
    let isOver = false;
    let asked = 0;
    const ask = async (): Promise<void> => {
      using client = new UdpClient();
      for (let n = 0; !isOver; n++) {
        asked++;
        const packet = decodeNtpPacket(await client.ask(request(n), address));
        assertEquals(packet.originTimestamp >> 32n, BigInt(n + 1));
        const delay = BigInt.asIntN(64, packet.transmitTimestamp - packet.receiveTimestamp);
        assert(delay > 0n, `${delay} units`);
      }
    };
    const asking = Array.from({ length: 4 }, ask);
    for (let round = 0; round < 20; round++) {
      for (const by of steps) {
        const before = server.totals.answered;
        server.clock.step(by);
        // It goes on answering after each step.
        await until(() => server.totals.answered > before);
      }
    }
    isOver = true;
    await Promise.all(asking);
    await until(() => accountedFor(server) === asked);
    const { received, answered } = server.totals;
    assertEquals([received, answered], [asked, asked]);
    await server.shutdown();
    // What a second of requests causes, and not a line a step.
    assert(log.lines().length < 200, `${log.lines().length} lines`);
  },
)).forEach((test) => Deno.test(test));
