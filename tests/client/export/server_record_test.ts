import { assert, assertEquals } from "@std/assert";
import { watch } from "../../../mod.ts";
import {
  ntpReplyOf,
  type ServerFigures,
  ServerRecord,
} from "../../../src/client/export/server_record.ts";
import { parseTarget } from "../../../src/protocols/endpoint.ts";
import { QueryError } from "../../../src/protocols/failure.ts";
import type { NtpPacket } from "../../../src/protocols/ntp/packet.ts";
import { FakeNetwork, type FakeServer, kissOfDeath } from "../../support/fake_network.ts";

/** Watches a server, and looks at its record after each request. */
async function record(
  fieldsOf: (count: number) => Partial<NtpPacket> | undefined,
  count: number,
  before: (server: FakeServer, record: ServerRecord) => void = () => {},
): Promise<{ looks: ServerFigures[]; end: ServerFigures; server: FakeServer }> {
  const network = new FakeNetwork();
  const server = network.serveNtp("192.0.2.1", fieldsOf);
  const record = new ServerRecord(parseTarget("192.0.2.1", "ntp"), server.url);
  const look = (): ServerFigures => record.look(network.timers.monotonicMs());
  const looks: ServerFigures[] = [];
  await network.run((async () => {
    for await (const event of watch(["192.0.2.1"], { network, interval: "16s", count })) {
      record.add(event, network.timers.monotonicMs());
      if (event.type === "exchange") {
        looks.push(look());
        before(server, record);
      }
    }
  })());
  return { looks, end: look(), server };
}

Deno.test("a loss makes a server down at once, and its offset unknown after the third", async () => {
  const { looks, end } = await record((count) => count > 2 ? undefined : {}, 5);
  assertEquals(looks.map(({ isUp }) => isUp), [true, true, false, false, false]);
  assertEquals(looks.map(({ lastReply }) => Math.round(lastReply * 1000) - 1767225600_000), [
    2,
    16_002,
    16_002,
    16_002,
    16_002,
  ]);
  assertEquals(looks.map(({ reply }) => reply !== undefined), [true, true, true, true, false]);
  assertEquals(
    looks.slice(0, 4).map(({ estimate }) => estimate?.offset.total("seconds")),
    [0, 0, 0, 0],
  );
  assertEquals([end.estimate, end.delay, end.requests], [undefined, undefined, 5]);
  assertEquals([end.failures.get("timeout"), end.failures.get("refused")], [3, 0]);
});

Deno.test("the error bound grows with the age of the best exchange", async () => {
  const { looks } = await record((count) => count > 1 ? undefined : {}, 3);
  const [first = NaN, , third = NaN] = looks.map(({ estimate }) =>
    estimate?.errorBound.total("seconds") ?? NaN
  );
  // 15 ppm (RFC 5905 §7.2) of the 34 s from the first reply until the third request was lost.
  assert(Math.abs(third - first - 15e-6 * 34) < 1e-6, `${first} ${third}`);
});

Deno.test("an unsynchronised server is down, and its reply says so", async () => {
  const { end } = await record(() => ({ leap: 3, stratum: 16 }), 4);
  assertEquals([end.isUp, end.lastReply, ntpReplyOf(end)?.leap], [false, 0, "unsynchronized"]);
  assertEquals([end.estimate, end.failures.get("unsynchronized")], [undefined, 4]);
});

Deno.test("a server that refuses service is not known any more", async () => {
  const { end, server } = await record((count) => count < 3 ? {} : kissOfDeath("DENY"), 9);
  assertEquals(server.requests.length, 3);
  assertEquals([end.isUp, end.reply, end.estimate], [false, undefined, undefined]);
  assertEquals([...end.kods], [["RATE", 0], ["DENY", 1], ["RSTR", 0], ["other", 0]]);
});

Deno.test("a KoD of another code is counted as such", async () => {
  const { end } = await record(() => kissOfDeath("NKEY"), 1);
  assertEquals(end.kods.get("other"), 1);
});

Deno.test("a step is counted once, and offsets from before it do not count", async () => {
  const { end, looks } = await record(() => ({}), 8, (server, record) => {
    if (record.look(0).requests === 4) server.aheadSeconds = 60;
  });
  assertEquals(end.steps, 1);
  assertEquals(looks.at(-1)?.estimate?.offset.total("seconds"), 60);
  assertEquals(looks.at(-1)?.estimate?.isSteady, true);
});

Deno.test("a frequency error needs a long enough time", async () => {
  const { looks } = await record(() => ({}), 12, (server) => server.aheadSeconds += 16 * 100e-6);
  assertEquals(looks[0]?.frequencyError, undefined);
  const ratio = looks.at(-1)?.frequencyError ?? NaN;
  assert(Math.abs(ratio - 100e-6) < 12e-6, String(ratio));
});

Deno.test("a failure before a request is sent counts as no request", () => {
  const record = new ServerRecord(parseTarget("192.0.2.1", "ntp"), "ntp://192.0.2.1:123");
  for (const reason of ["unknown_host", "no_name_server", "nts_ke", "timeout"] as const) {
    record.addExchange({ error: new QueryError(reason, "no") }, 0, Temporal.Now.instant());
  }
  const { requests, failures } = record.look(0);
  assertEquals([requests, failures.get("nts_ke")], [1, 1]);
});
