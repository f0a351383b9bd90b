/** Clients of other projects see exactly the clocks that are simulated. */
import { assert, assertEquals } from "@std/assert";
import { isAvailable, where } from "../support/needs.ts";
import { Network } from "../support/peers.ts";
import { source } from "../support/programs.ts";
import { poll } from "../support/wait.ts";
import { askAs, type ClientName, type Finding, oneShotNeeds } from "./one_shot_clients.ts";

const [timesrv, timecli] = [source.timesrv, source.timecli];
const needs = { ...source.needs, ...oneShotNeeds };

/** Clients and server read the same clock: a larger difference is an error. */
const LARGEST_ERROR_SECONDS = 0.05;

/** One server with an address for each simulated clock. */
class SimulatedServer implements AsyncDisposable {
  readonly #network: Network;
  readonly #clocks: readonly string[];

  private constructor(network: Network, clocks: readonly string[]) {
    this.#network = network;
    this.#clocks = clocks;
  }

  static async start(transport: string, clocks: readonly string[]): Promise<SimulatedServer> {
    const network = await Network.create();
    const urls = clocks.map((clock, i) => `ntp://127.0.0.${i + 1}?${clock}`);
    const running = network.start([...timesrv, "--transport", transport, ...urls]);
    await running.waitFor(/Transport: /);
    return new SimulatedServer(network, clocks);
  }

  /** Has a client query the address of a clock. */
  ask(client: ClientName, clock: string): Promise<Finding> {
    const host = `127.0.0.${this.#clocks.indexOf(clock) + 1}`;
    return askAs(client, { network: this.#network, host, timecli });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#network[Symbol.asyncDispose]();
  }
}

function assertNear(actual: number | undefined, expected: number, what: unknown): void {
  const error = Math.abs((actual ?? NaN) - expected);
  assert(
    error < LARGEST_ERROR_SECONDS,
    `${actual} s, expected ${expected} s: ${JSON.stringify(what)}`,
  );
}

/** A client that a busy machine delayed queries again; another clock's offset stays wrong. */
async function assertSees(ask: () => Promise<Finding>, expected: number): Promise<void> {
  let finding = await ask();
  for (let tries = 1; tries < 3; tries++) {
    if (Math.abs((finding.offset ?? NaN) - expected) < LARGEST_ERROR_SECONDS) return;
    finding = await ask();
  }
  assertNear(finding.offset, expected, finding);
}

const allClients = ["chronyd", "ntpdig", "ntpdate", "rdate", "timecli"] as const;

/** The times of stopped clocks: a quarter of the way through a smear, half, three quarters, all. */
const smears: readonly (readonly [clock: string, time: string])[] = [
  ["linear", "2028-12-31T18:00:00Z", "2028-12-31T17:59:59.75"],
  ["google", "2029-01-01T00:00:00Z", "2028-12-31T23:59:59.5"],
  ["linear", "2029-01-01T06:00:00Z", "2029-01-01T05:59:59.25"],
  ["linear", "2029-01-01T12:00:00Z", "2029-01-01T11:59:59"],
  // (1 - cos(pi / 4)) / 2, and 2 * 0.25²
  ["cosine", "2028-12-31T18:00:00Z", "2028-12-31T17:59:59.853553"],
  ["cosine", "2029-01-01T00:00:00Z", "2028-12-31T23:59:59.5"],
  ["cosine", "2029-01-01T06:00:00Z", "2029-01-01T05:59:59.146447"],
  ["quadratic", "2028-12-31T18:00:00Z", "2028-12-31T17:59:59.875"],
  ["quadratic", "2029-01-01T06:00:00Z", "2029-01-01T05:59:59.125"],
].map(([shape, time, served]) => [
  `freeze&time=${time}&leap=insert@2028-12-31&smear=${shape}`,
  served ?? "",
]);

/** The leap indicators of stopped clocks, in the words of NTP clients. */
const announcements = [
  ["time=2028-12-30T23:59:59Z&leap=insert@2028-12-31", "no-leap"],
  ["time=2028-12-31T00:00:00Z&leap=insert@2028-12-31", "add-leap"],
  ["time=2028-12-31T23:59:59Z&leap=insert@2028-12-31", "add-leap"],
  ["time=2029-01-01T00:00:00Z&leap=insert@2028-12-31", "no-leap"],
  ["time=2028-12-31T23:59:58Z&leap=delete@2028-12-31", "del-leap"],
  ["time=2029-01-01T00:00:00Z&leap=delete@2028-12-31", "no-leap"],
  ["time=2028-12-31T23:59:59Z&leap=insert@2028-12-31&smear=google", "no-leap"],
].map(([clock, leap]) => [`freeze&${clock}`, leap ?? ""] as const);

const isThere = await isAvailable(needs, "clients see simulated clocks");

for (const transport of isThere ? ["datagram", "mmsg"] : []) {
  const test = (name: string, fn: () => Promise<void>): Promise<Deno.TestDefinition> =>
    where(needs, `clients see ${name} (${transport})`, fn);

  Deno.test(
    await test("the offset that is simulated, and the date", async () => {
      const offsets = new Map([["offset=+1h", 3600], ["offset=-2d", -172_800], [
        "offset=250ms",
        0.25,
      ]]);
      const date = "time=2031-02-03T04:05:06Z";
      const startedMs = Date.now();
      await using server = await SimulatedServer.start(transport, [...offsets.keys(), date]);
      const servingMs = Date.now();
      const dateMs = Date.UTC(2031, 1, 3, 4, 5, 6);
      const dates: number[] = [];
      const ask = async (client: ClientName): Promise<void> => {
        await Promise.all(
          [...offsets].map(([clock, offset]) =>
            assertSees(() => server.ask(client, clock), offset)
          ),
        );
        const finding = await server.ask(client, date);
        dates.push(finding.offset ?? NaN);
      };
      await Promise.all(allClients.map(ask));
      // From the start, whenever that was, all see the same.
      const [first = NaN] = dates;
      for (const offset of dates) assertNear(offset, first, dates);
      const [most, least] = [(dateMs - startedMs) / 1000, (dateMs - servingMs) / 1000];
      assert(first <= most && first >= least - LARGEST_ERROR_SECONDS, `${least} ${first} ${most}`);
    }),
  );

  Deno.test(
    await test("a clock run at the rate that is simulated", async () => {
      const rates = new Map([["rate=2x", 1], ["rate=0.5", -0.5], ["freeze", -1], ["rate=-1", -2]]);
      await using server = await SimulatedServer.start(transport, [...rates.keys()]);
      const measure = async (
        client: ClientName,
        [clock, slope]: readonly [string, number],
      ): Promise<void> => {
        const ask = async (): Promise<{ offset: number; atSeconds: number; eitherWay: number }> => {
          const beforeMs = Date.now();
          const { offset = NaN } = await server.ask(client, clock);
          const afterMs = Date.now();
          return {
            offset,
            atSeconds: (beforeMs + afterMs) / 2000,
            eitherWay: (afterMs - beforeMs) / 2000,
          };
        };
        const first = await ask();
        // Far enough apart that the time which a program needs, when it asked in it is not known, is a small part.
        const last = await poll(60, ask, ({ atSeconds, eitherWay }) => {
          const elapsed = atSeconds - first.atSeconds;
          const unknown = Math.abs(slope) * (first.eitherWay + eitherWay);
          return elapsed > 5 && unknown < 0.08 * elapsed;
        });
        const measured = (last.offset - first.offset) / (last.atSeconds - first.atSeconds);
        assert(Math.abs(measured - slope) < 0.1, `${client} ${clock}: ${measured}`);
      };
      await Promise.all(
        [...rates].flatMap((rate) => [measure("ntpdig", rate), measure("rdate", rate)]),
      );
    }),
  );

  Deno.test(
    await test("a step when it is due", async () => {
      const clock = "step=+1h@00:08";
      await using server = await SimulatedServer.start(transport, [clock]);
      for (const client of ["ntpdig", "rdate"] as const) {
        await assertSees(() => server.ask(client, clock), 0);
      }
      await poll(20, () => server.ask("ntpdig", clock), ({ offset = 0 }) => offset > 1);
      await Promise.all(
        allClients.map((client) => assertSees(() => server.ask(client, clock), 3600)),
      );
    }),
  );

  Deno.test(
    await test("a smear at its quarter points, to the microsecond", async () => {
      await using server = await SimulatedServer.start(transport, smears.map(([clock]) => clock));
      for (const [clock, served] of smears) {
        const { time = "", leap } = await server.ask("ntpdig", clock);
        const seconds = Temporal.Instant.from(time.replace("+0000", "Z")).since(`${served}Z`);
        assert(
          Math.abs(seconds.total("microseconds")) <= 1,
          `${clock}: ${time}, expected ${served}`,
        );
        assertEquals(leap, "no-leap");
      }
    }),
  );

  Deno.test(
    await test("a leap second announced on its day", async () => {
      await using server = await SimulatedServer.start(
        transport,
        announcements.map(([clock]) => clock),
      );
      for (const [clock, leap] of announcements) {
        for (const client of ["ntpdig", "ntpdate"] as const) {
          const finding = await server.ask(client, clock);
          assertEquals(finding.leap, leap, `${client} ${clock}`);
        }
      }
    }),
  );

  Deno.test(
    await test("a leap second happen, a second less or more and nothing else", async () => {
      const changes = new Map([["insert", -1], ["delete", 1]]);
      const clockOf = (kind: string): string => `time=2028-12-31T23:59:48Z&leap=${kind}@2028-12-31`;
      await using server = await SimulatedServer.start(transport, [...changes.keys()].map(clockOf));
      await Promise.all([...changes].map(async ([kind, change]) => {
        const clock = clockOf(kind);
        const clients = ["chronyd", "ntpdig", "rdate", "timecli"] as const;
        const ask = (): Promise<Finding[]> =>
          Promise.all(clients.map((client) => server.ask(client, clock)));
        const before = await ask();
        await poll(30, () => server.ask("ntpdig", clock), ({ leap }) => leap === "no-leap");
        const after = await ask();
        for (const [i, client] of clients.entries()) {
          assertNear((after[i]?.offset ?? NaN) - (before[i]?.offset ?? NaN), change, client);
        }
        const leaps = { insert: ["add-leap", "insert"], delete: ["del-leap", "delete"] };
        assertEquals([before[1]?.leap, before[3]?.leap], leaps[kind as keyof typeof leaps]);
        assertEquals([after[1]?.leap, after[3]?.leap], ["no-leap", "none"]);
      }));
    }),
  );
}
