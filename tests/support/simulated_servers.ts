/** A simulated network with a server of each kind, and sessions of commands on it. */
import { assertEquals } from "@std/assert";
import { runTimecli, type TimecliOptions } from "./command_line.ts";
import { FakeNetwork, kissOfDeath } from "./fake_network.ts";
import { ntpReply } from "./scripted_server.ts";
import { inZone } from "./zone.ts";

/**
 * Servers at 192.0.2.1 to 192.0.2.8: a good one whose delay grows; one of another version that loses
 * the second request and is further away on the way back; one that is 12.5 s ahead and announces a leap
 * second; one that denies service, at once or after two replies; a Time server; one that is not
 * synchronised; one that is 200 ppm slow. `a.example` is the first of them, `several.example` three.
 */
export function simulatedServers(): FakeNetwork {
  const network = new FakeNetwork("2026-03-01T12:00:00Z");
  const ntp = (
    host: number,
    ...more: Parameters<FakeNetwork["serveNtp"]> extends [string, ...infer Rest] ? Rest : never
  ) => network.serveNtp(`ntp://192.0.2.${host}`, ...more);
  ntp(1, () => ({ stratum: 1, referenceId: 0x47505300 }), (count) => [10 + count, 10 + count]);
  ntp(2, (count) => count === 2 ? undefined : { version: 3 }, (count) => [20 - count, 20 + count]);
  ntp(3, () => ({ leap: 1 }), () => [5, 5]).aheadSeconds = 12.5;
  ntp(4, () => kissOfDeath("DENY"));
  ntp(5, (count) => count > 2 ? kissOfDeath("DENY") : {});
  network.serve("time://192.0.2.6", () => {
    const octets = new Uint8Array(4);
    const seconds = Math.floor(network.timers.now().epochMilliseconds / 1000) + 2_208_988_800;
    new DataView(octets.buffer).setUint32(0, seconds);
    return octets;
  });
  ntp(7, () => ({ leap: 3 }));
  network.serve("ntp://192.0.2.8", ({ octets }) => {
    const microseconds = Math.round(-0.2 * network.timers.monotonicMs());
    return ntpReply(octets, {}, network.timers.now().add({ microseconds }));
  });
  network.hosts["a.example"] = ["192.0.2.1"];
  network.hosts["several.example"] = ["192.0.2.1", "192.0.2.2", "192.0.2.5"];
  return network;
}

/** A command line, its exit code, and all of its output. */
export type Session = readonly [args: string, code: number, stdout: string, stderr?: string];

/** Runs each session on a network of its own, in the zone of New Delhi, and compares all of its output. */
export async function checkSessions(
  sessions: readonly Session[],
  options: Omit<TimecliOptions, "network"> = {},
): Promise<void> {
  for (const [args, code, stdout, stderr = ""] of sessions) {
    const network = simulatedServers();
    const run = () => runTimecli(args.split(" "), { network, ...options });
    const outcome = await inZone(19_800, run);
    assertEquals(outcome, { code, stdout: withEnd(stdout), stderr: withEnd(stderr) }, args);
  }
}

function withEnd(text: string): string {
  return text.replace(/^\n|\n +$/g, "");
}
