/** Wireshark's dissection of requests and replies on the wire. */
import { assert, assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import { where } from "../support/needs.ts";
import { Network, networkCommands, peerEnv } from "../support/peers.ts";
import { run, Running } from "../support/process.ts";
import { source } from "../support/programs.ts";

const NTP_PORT = 1123;
const FILTER = `udp port ${NTP_PORT} or udp port 13 or udp port 37`;

const fields = [
  ...["udp.srcport", "udp.dstport", "frame.protocols", "udp.length"],
  ...["_ws.malformed", "_ws.expert.message", "_ws.unreassembled"],
  ...["ntp.flags.li", "ntp.flags.vn", "ntp.flags.mode", "ntp.stratum", "ntp.refid"],
  ...["ntp.rootdelay", "ntp.rootdispersion", "ntp.org", "ntp.rec", "ntp.xmt"],
  ...["daytime.string", "time.response"],
] as const;

type Dissection = Record<typeof fields[number], string>;

/** Captures this many packets of a function on the loopback interface, and dissects them. */
async function dissect(
  network: Network,
  packets: number,
  send: () => Promise<void>,
): Promise<Dissection[]> {
  const file = `${network.folder}/capture.pcapng`;
  const capture = ["tshark", "-i", "lo", "-f", FILTER, "-c", String(packets), "-w", file];
  await using tshark = new Running(network.inside(capture), { env: peerEnv });
  await tshark.waitFor(/Capture started/);
  await send();
  assertEquals((await tshark.child.status).code, 0, tshark.stderr);
  const read = ["tshark", "-r", file, "-d", `udp.port==${NTP_PORT},ntp`, "-T", "fields"];
  const { code, stdout, stderr } = await run([
    ...read as [string, ...string[]],
    ...["-E", "separator=|", "-E", "aggregator=;"],
    ...fields.flatMap((field) => ["-e", field]),
  ], { env: peerEnv });
  assertEquals(code, 0, stderr);
  return stdout.trimEnd().split("\n").map((line) => {
    const values = line.split("|");
    return Object.fromEntries(fields.map((field, i) => [field, values[i] ?? ""])) as Dissection;
  });
}

function assertWellFormed(packets: readonly Dissection[], protocol: string): void {
  for (const packet of packets) {
    // Nothing is left to dissect of a request without a payload.
    const payload = packet["udp.length"] === "8" ? "" : `:${protocol}`;
    assertMatch(packet["frame.protocols"], new RegExp(`:udp${payload}$`));
    const marks = [
      packet["_ws.malformed"],
      packet["_ws.expert.message"],
      packet["_ws.unreassembled"],
    ];
    assertEquals(marks, ["", "", ""]);
  }
}

for (const transport of ["datagram", "mmsg"]) {
  Deno.test(
    await where(
      { ...source.needs, commands: [...networkCommands, "tshark"], root: true },
      `tshark finds nothing wrong in requests and replies (${transport})`,
      async () => {
        await using network = await Network.create();
        await using server = network.start([
          ...source.timesrv,
          ...["--transport", transport],
          ...["--stratum", "2", "--refid", "198.51.100.9", "--leap", "delete"],
          ...["--root-delay", "0.25", "--root-dispersion", "0.5"],
          ...[`ntp://127.0.0.1:${NTP_PORT}`, "daytime://127.0.0.1", "time://127.0.0.1"],
        ]);
        await server.waitFor(/Serving time/);
        const packets = await dissect(network, 6, async () => {
          for (
            const url of [`ntp://127.0.0.1:${NTP_PORT}`, "daytime://127.0.0.1", "time://127.0.0.1"]
          ) {
            const timecli = [...source.timecli, "--timeout", "20", "--retries", "0", url];
            const { code, stderr } = await run(network.inside(timecli));
            assertEquals(code, 0, stderr);
          }
        });
        const of = (port: number): Dissection[] =>
          packets.filter((packet) =>
            [packet["udp.srcport"], packet["udp.dstport"]].includes(String(port))
          );
        const [request, reply, ...rest] = of(NTP_PORT);
        if (request === undefined || reply === undefined || rest.length > 0) {
          throw new Error(`Expected two NTP packets, got: ${JSON.stringify(packets)}`);
        }
        assertWellFormed([request, reply], "ntp");
        assertEquals([request["udp.dstport"], reply["udp.srcport"]], ["1123", "1123"]);

        const flags = (packet: Dissection): string[] =>
          (["ntp.flags.li", "ntp.flags.vn", "ntp.flags.mode"] as const).map((name) => packet[name]);
        assertEquals(flags(request), ["0", "4", "3"]);
        assertEquals(flags(reply), ["2", "4", "4"]);
        assertEquals([request["udp.length"], reply["udp.length"]], ["56", "56"]);
        assertEquals(reply["ntp.stratum"], "2");
        assertEquals(reply["ntp.refid"].toLowerCase().replaceAll(":", ""), "c6336409");
        // 16 bits of seconds, 16 of fraction.
        assertEquals(Number(reply["ntp.rootdelay"]), 0.25 * 2 ** 16);
        const dispersion = Number(reply["ntp.rootdispersion"]) / 2 ** 16;
        assert(dispersion >= 0.5 && dispersion < 0.6, `root dispersion ${dispersion}`);
        assertEquals(reply["ntp.org"], request["ntp.xmt"]);
        assertNotEquals(reply["ntp.org"], "");
        assert(Math.abs(Date.parse(reply["ntp.rec"]) - Date.now()) < 60_000, reply["ntp.rec"]);

        const daytime = of(13);
        const time = of(37);
        assertEquals([daytime.length, time.length], [2, 2]);
        assertWellFormed(daytime, "daytime");
        assertWellFormed(time, "time");
        assertMatch(daytime[1]?.["daytime.string"] ?? "", / \d\d:\d\d:\d\d \d{4}/);
        assertMatch(time[1]?.["time.response"] ?? "", /./);
      },
    ),
  );
}
