/** Changes that come while answers are made: each answer is of one piece. */
import { assert, assertEquals } from "@std/assert";
import { decodeNtpPacket } from "../../src/protocols/mod.ts";
import { serve } from "../../mod.ts";
import { field, NTP_HEADER_LENGTH } from "../../src/protocols/ntp/packet.ts";
import { ask } from "../server/http/http.ts";
import { UdpClient } from "../support/udp_client.ts";
import { until } from "../support/wait.ts";
import { eachWay } from "./transports.ts";

const CLIENTS = 4;
const CHANGES = 50;

/** What a reply may have: how far ahead its two times are, in thousands of seconds, and its stratum. */
const [atStart, ...alternating] = ["0 0 10", "5 5 1", "1 1 5"];

(await eachWay(
  "no reply mixes two alternating states, by scenario or by clock",
  async (way) => {
    await using server = await serve("ntp://127.0.0.1:0", {
      ...way,
      control: "127.0.0.1:0",
      rateLimit: "off",
    });
    const request = new Uint8Array(NTP_HEADER_LENGTH);
    request[field.flags] = 0x23;
    const seen: string[] = [];
    let isOver = false;
    const asking = Array.from({ length: CLIENTS }, async () => {
      using client = new UdpClient();
      while (!isOver) {
        const packet = decodeNtpPacket(await client.ask(request, server.addresses[0]));
        const ahead = [packet.receiveTimestamp, packet.transmitTimestamp].map((stamp) =>
          Math.round((Number(stamp >> 32n) - 2_208_988_800 - Date.now() / 1000) / 1000)
        );
        seen.push([...ahead, packet.stratum].join(" "));
      }
    });
    const scenarios = [
      { clock: { offset: "+5000s" }, status: { stratum: 1 } },
      { clock: { offset: "+1000s" }, status: { stratum: 5 } },
    ];
    for (let i = 0; i < CHANGES; i++) {
      const body = scenarios[i % 2];
      const before = seen.length;
      assertEquals((await ask(server, "POST", "/scenario", { body })).status, 200);
      // Each state has replies, and some are under way when it ends.
      await until(() => seen.length >= before + CLIENTS + 2);
    }
    isOver = true;
    await Promise.all(asking);
    assertEquals(seen.filter((each) => each !== atStart && !alternating.includes(each)), []);
    for (const state of alternating) {
      const { length } = seen.filter((each) => each === state);
      assert(length >= CHANGES, `${length} replies of ${state}`);
    }
  },
)).forEach((test) => Deno.test(test));
