/** Clients of other projects are told lies, and see exactly those. */
import { assert, assertEquals } from "@std/assert";
import { where } from "../support/needs.ts";
import { Network } from "../support/peers.ts";
import { source } from "../support/programs.ts";
import { poll } from "../support/wait.ts";
import { askAs, type ClientName, type Finding, oneShotNeeds } from "./one_shot_clients.ts";

const [timesrv, timecli] = [source.timesrv, source.timecli];
const needs = { ...source.needs, ...oneShotNeeds };

/** Clients and server read the same clock: what they find beyond this is an error of somebody's. */
const LARGEST_ERROR_SECONDS = 0.05;

/** One address with a clock of its own for each lie, all of one server. */
class Liar implements AsyncDisposable {
  readonly #network: Network;
  readonly #lies: readonly string[];

  private constructor(network: Network, lies: readonly string[]) {
    this.#network = network;
    this.#lies = lies;
  }

  static async start(transport: string, lies: readonly string[]): Promise<Liar> {
    const network = await Network.create();
    const urls = lies.map((lie, i) => `ntp://127.0.0.${i + 1}?${lie}`);
    const server = network.start([...timesrv, "--transport", transport, ...urls]);
    await server.waitFor(/Transport: /);
    return new Liar(network, lies);
  }

  /** Asks the address where a lie is told. */
  ask(client: ClientName, lie: string): Promise<Finding> {
    const host = `127.0.0.${this.#lies.indexOf(lie) + 1}`;
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

/** A client that this machine held up is asked again: to who sees another lie, that is no help. */
async function assertSees(ask: () => Promise<Finding>, expected: number): Promise<void> {
  let finding = await ask();
  for (let tries = 1; tries < 3; tries++) {
    if (Math.abs((finding.offset ?? NaN) - expected) < LARGEST_ERROR_SECONDS) return;
    finding = await ask();
  }
  assertNear(finding.offset, expected, finding);
}

const everybody = ["chronyd", "ntpdig", "ntpdate", "rdate", "timecli"] as const;

/** The times that are told, where the clock stands still: a quarter of the way, half, three quarters, all. */
const smears: readonly (readonly [lie: string, time: string])[] = [
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
].map(([shape, time, told]) => [
  `freeze&time=${time}&leap=insert@2028-12-31&smear=${shape}`,
  told ?? "",
]);

/** What NTP clients are told of a leap second, where the clock stands still. */
const announcements = [
  ["time=2028-12-30T23:59:59Z&leap=insert@2028-12-31", "no-leap"],
  ["time=2028-12-31T00:00:00Z&leap=insert@2028-12-31", "add-leap"],
  ["time=2028-12-31T23:59:59Z&leap=insert@2028-12-31", "add-leap"],
  ["time=2029-01-01T00:00:00Z&leap=insert@2028-12-31", "no-leap"],
  ["time=2028-12-31T23:59:58Z&leap=delete@2028-12-31", "del-leap"],
  ["time=2029-01-01T00:00:00Z&leap=delete@2028-12-31", "no-leap"],
  ["time=2028-12-31T23:59:59Z&leap=insert@2028-12-31&smear=google", "no-leap"],
].map(([lie, leap]) => [`freeze&${lie}`, leap ?? ""] as const);

for (const transport of ["datagram", "mmsg"]) {
  const test = (name: string, fn: () => Promise<void>): Promise<Deno.TestDefinition> =>
    where(needs, `clients see ${name} (${transport})`, fn);

  Deno.test(
    await test("the offset that was told, and the date", async () => {
      const offsets = new Map([["offset=+1h", 3600], ["offset=-2d", -172_800], [
        "offset=250ms",
        0.25,
      ]]);
      const date = "time=2031-02-03T04:05:06Z";
      const startedMs = Date.now();
      await using liar = await Liar.start(transport, [...offsets.keys(), date]);
      const servingMs = Date.now();
      const dateMs = Date.UTC(2031, 1, 3, 4, 5, 6);
      const dates: number[] = [];
      const ask = async (client: ClientName): Promise<void> => {
        await Promise.all(
          [...offsets].map(([lie, offset]) => assertSees(() => liar.ask(client, lie), offset)),
        );
        const finding = await liar.ask(client, date);
        dates.push(finding.offset ?? NaN);
      };
      await Promise.all(everybody.map(ask));
      // From the start, whenever that was, all see the same.
      const [first = NaN] = dates;
      for (const offset of dates) assertNear(offset, first, dates);
      const [most, least] = [(dateMs - startedMs) / 1000, (dateMs - servingMs) / 1000];
      assert(first <= most && first >= least - LARGEST_ERROR_SECONDS, `${least} ${first} ${most}`);
    }),
  );

  Deno.test(
    await test("a clock run at the rate that was told", async () => {
      const rates = new Map([["rate=2x", 1], ["rate=0.5", -0.5], ["freeze", -1], ["rate=-1", -2]]);
      await using liar = await Liar.start(transport, [...rates.keys()]);
      const measure = async (
        client: ClientName,
        [lie, slope]: readonly [string, number],
      ): Promise<void> => {
        const ask = async (): Promise<readonly [offset: number, atSeconds: number]> => {
          const beforeMs = Date.now();
          const { offset = NaN } = await liar.ask(client, lie);
          return [offset, (beforeMs + Date.now()) / 2000];
        };
        const first = await ask();
        // Far enough apart for the half seconds that a program takes to be a small part.
        const last = await poll(20, ask, ([, atSeconds]) => atSeconds - first[1] > 5);
        const measured = (last[0] - first[0]) / (last[1] - first[1]);
        assert(Math.abs(measured - slope) < 0.1, `${client} ${lie}: ${measured}`);
      };
      await Promise.all(
        [...rates].flatMap((rate) => [measure("ntpdig", rate), measure("rdate", rate)]),
      );
    }),
  );

  Deno.test(
    await test("a step when it was told", async () => {
      const lie = "step=+1h@00:08";
      await using liar = await Liar.start(transport, [lie]);
      for (const client of ["ntpdig", "rdate"] as const) {
        await assertSees(() => liar.ask(client, lie), 0);
      }
      await poll(20, () => liar.ask("ntpdig", lie), ({ offset = 0 }) => offset > 1);
      await Promise.all(
        everybody.map((client) => assertSees(() => liar.ask(client, lie), 3600)),
      );
    }),
  );

  Deno.test(
    await test("a smear at its quarter points, to the microsecond", async () => {
      await using liar = await Liar.start(transport, smears.map(([lie]) => lie));
      for (const [lie, told] of smears) {
        const { time = "", leap } = await liar.ask("ntpdig", lie);
        const seconds = Temporal.Instant.from(time.replace("+0000", "Z")).since(`${told}Z`);
        assert(Math.abs(seconds.total("microseconds")) <= 1, `${lie}: ${time}, expected ${told}`);
        assertEquals(leap, "no-leap");
      }
    }),
  );

  Deno.test(
    await test("a leap second announced on its day", async () => {
      await using liar = await Liar.start(transport, announcements.map(([lie]) => lie));
      for (const [lie, leap] of announcements) {
        for (const client of ["ntpdig", "ntpdate"] as const) {
          const finding = await liar.ask(client, lie);
          assertEquals(finding.leap, leap, `${client} ${lie}`);
        }
      }
    }),
  );

  Deno.test(
    await test("a leap second happen, a second less or more and nothing else", async () => {
      const lies = new Map([["insert", -1], ["delete", 1]]);
      const lieOf = (kind: string): string => `time=2028-12-31T23:59:48Z&leap=${kind}@2028-12-31`;
      await using liar = await Liar.start(transport, [...lies.keys()].map(lieOf));
      await Promise.all([...lies].map(async ([kind, change]) => {
        const lie = lieOf(kind);
        const clients = ["chronyd", "ntpdig", "rdate", "timecli"] as const;
        const ask = (): Promise<Finding[]> =>
          Promise.all(clients.map((client) => liar.ask(client, lie)));
        const before = await ask();
        await poll(30, () => liar.ask("ntpdig", lie), ({ leap }) => leap === "no-leap");
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
