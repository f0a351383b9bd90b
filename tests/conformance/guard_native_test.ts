/** Servers that a forger sets on each other. */
import { assertEquals } from "@std/assert";
import { serve } from "../../mod.ts";
import { run } from "../support/process.ts";
import { until } from "../support/wait.ts";
import { accountedFor, eachWay } from "./transports.ts";

/** Sends an empty datagram to each address, as if it came from each other one. */
const FORGER = `
import socket, struct, sys
raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_UDP)
for pair in sys.argv[1:]:
    source, target = map(int, pair.split(","))
    for payload in (b"", b"?", bytes([0x23]) + bytes(47)):
        header = struct.pack("!HHHH", source, target, 8 + len(payload), 0)
        raw.sendto(header + payload, ("127.0.0.1", 0))
`;

(await eachWay(
  "servers that a forged datagram points at each other fall silent at once",
  async (way) => {
    const schemes = ["asctime", "daytime", "time", "auto", "ntp"];
    const urls = schemes.map((scheme) => `${scheme}://127.0.0.1:0`);
    const options = { ...way, status: { source: "fixed" } } as const;
    await using one = await serve(urls, options);
    await using other = await serve(urls, options);
    const pairs = one.addresses.flatMap(({ port }) =>
      other.addresses.map(({ port: target }) => `${port},${target}`)
    );
    await run(["python3", "-c", FORGER, ...pairs]);
    // 25 pairs, 3 requests each: NTP answers one of them, the others all.
    const answered = 5 * (4 * 3 + 1);
    const forged = 3 * pairs.length;
    await until(() => accountedFor(other) >= forged);
    await until(() => accountedFor(one) >= answered);
    assertEquals([other.totals.received, other.totals.answered], [forged, answered]);
    assertEquals([one.totals.received, one.totals.answered], [answered, 0]);
    // And a server on itself.
    const own = one.addresses.flatMap(({ port }) =>
      one.addresses.map(({ port: target }) => `${port},${target}`)
    );
    await run(["python3", "-c", FORGER, ...own]);
    await until(() => accountedFor(one) >= answered + forged);
    assertEquals([one.totals.received, one.totals.answered], [answered + forged, 0]);
  },
  { root: true, commands: ["python3"] },
)).forEach((test) => Deno.test(test));
