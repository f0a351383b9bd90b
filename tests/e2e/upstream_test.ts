import { assert, assertEquals, assertMatch } from "@std/assert";
import type { SourceList } from "../../src/client/served_state.ts";
import { parseSnakeJson } from "../../src/text/json.ts";
import { assertDocumented } from "../support/documented.ts";
import { where } from "../support/needs.ts";
import { run, type Running } from "../support/process.ts";
import { source, startServer } from "../support/programs.ts";
import { freePort } from "../support/udp_client.ts";
import { poll } from "../support/wait.ts";

const { timesrv, timecli, needs } = source;

/** A reply in less than a second, and of a known distance. */
const QUICK = "minpoll=0&maxpoll=0";

/** A server that follows others, with its control interface. */
class Follower implements AsyncDisposable {
  readonly #server: Running;
  readonly #url: string;
  readonly ntp: string;

  private constructor(server: Running, url: string, ntp: string) {
    this.#server = server;
    this.#url = url;
    this.ntp = ntp;
  }

  static async start(
    ports: readonly number[],
    { env = {}, ownPort = 0 }: { env?: Record<string, string>; ownPort?: number } = {},
  ): Promise<Follower> {
    const upstreams = ports.flatMap((port) => ["--upstream", `ntp://127.0.0.1:${port}?${QUICK}`]);
    const args = ["--control", "127.0.0.1:0", ...upstreams, `ntp://127.0.0.1:${ownPort}`];
    const { server, port } = await startServer(timesrv, args, { env });
    const [, url = ""] = await server.waitFor(/Control interface on (\S+)/);
    return new Follower(server, url, `ntp://127.0.0.1:${port}`);
  }

  get log(): string {
    return this.#server.stderr;
  }

  async waitForLog(pattern: RegExp): Promise<void> {
    await this.#server.waitFor(pattern);
  }

  async table(): Promise<string> {
    return (await run([...timecli, "control", this.#url, "sources"])).stdout;
  }

  async sources(): Promise<SourceList> {
    const { stdout } = await run([...timecli, "control", this.#url, "sources", "--json"]);
    assertDocumented(JSON.parse(stdout), "control");
    return parseSnakeJson(stdout) as SourceList;
  }

  /** Waits until the upstream servers are as wanted. */
  until(isReached: (list: SourceList) => boolean): Promise<SourceList> {
    return poll(60, () => this.sources(), isReached, 50);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server[Symbol.asyncDispose]();
  }
}

const startUpstream = (url = "ntp://127.0.0.1:0"): ReturnType<typeof startServer> =>
  startServer(timesrv, [url]);

Deno.test(
  await where(needs, "timesrv follows three servers, and names the falseticker", async () => {
    await using stack = new AsyncDisposableStack();
    const upstreams = [
      await startUpstream(),
      await startUpstream(),
      await startUpstream("ntp://127.0.0.1:0?offset=80ms"),
    ];
    for (const { server } of upstreams) stack.use(server);
    const ports = upstreams.map(({ port }) => port);
    const follower = stack.use(await Follower.start(ports));
    await follower.waitForLog(/Synchronised to ntp:\/\/127\.0\.0\.1:\d+ \(127\.0\.0\.1\) within /);
    const list = await follower.until(({ upstreams }) =>
      upstreams.every(({ reach }) => (reach & 0b111) === 0b111)
    );
    assertEquals(list.discipline.state, "synchronized");
    assertEquals(list.upstreams.map(({ url }) => url), ports.map((p) => `ntp://127.0.0.1:${p}`));
    const [first, second, wrong] = list.upstreams;
    assertEquals([first?.state, second?.state].toSorted(), ["combined", "selected"]);
    assertEquals([wrong?.state, wrong?.stratum, wrong?.poll], ["falseticker", 10, 0]);
    assert(Math.abs((wrong?.offset ?? 0) - 0.08) < 0.02, `${wrong?.offset}`);
    const table = await follower.table();
    assertMatch(table, /^STATE +UPSTREAM +STRATUM +POLL +REACH +LAST +OFFSET +DELAY +JITTER\n/);
    assertMatch(
      table,
      new RegExp(`^x falseticker +ntp://127\\.0\\.0\\.1:${ports[2]} +10 +1 s +\\d{3} .*±`, "m"),
    );
    assertMatch(table, /\nServed time: synchronised, root distance [\d.]+ ms\n$/);

    const seen = JSON.parse((await run([...timecli, "--json", follower.ntp])).stdout);
    // Servers beside each other on loopback are distinguished by their ports.
    const ids = ports.slice(0, 2).map((port) => `127.${port >> 8}.${port & 255}.1`);
    assert(ids.includes(seen.reference_id), seen.reference_id);
    assertEquals(seen.stratum, 11);
    assert(Math.abs(seen.offset) <= seen.error_bound + seen.root_distance, JSON.stringify(seen));
  }),
);

Deno.test(
  await where(needs, "timesrv goes on without an upstream server, and takes it back", async () => {
    await using stack = new AsyncDisposableStack();
    const upstreams = [await startUpstream(), await startUpstream(), await startUpstream()];
    for (const { server } of upstreams) stack.use(server);
    const ports = upstreams.map(({ port }) => port);
    const follower = stack.use(await Follower.start(ports));
    await follower.until(({ upstreams }) => upstreams.every(({ reach }) => (reach & 3) === 3));
    await upstreams[0]?.server.stop();
    const without = await follower.until(({ upstreams }) => upstreams[0]?.state === "silent");
    assertEquals([without.discipline.state, without.upstreams[0]?.reach], ["synchronized", 0]);
    stack.use((await startUpstream(`ntp://127.0.0.1:${ports[0]}`)).server);
    const back = await follower.until(({ upstreams }) =>
      ["selected", "combined"].includes(upstreams[0]?.state ?? "")
    );
    assertEquals(back.discipline.state, "synchronized");
    assertEquals(follower.log.match(/Not synchronised|No majority/g), null);
  }),
);

Deno.test(
  await where(needs, "TIMESRV_UPSTREAM has several upstream servers with commas", async () => {
    await using stack = new AsyncDisposableStack();
    const upstreams = [await startUpstream(), await startUpstream()];
    for (const { server } of upstreams) stack.use(server);
    const urls = upstreams.map(({ port }) => `ntp://127.0.0.1:${port}`);
    const follower = stack.use(
      await Follower.start([], {
        env: { TIMESRV_UPSTREAM: urls.map((url) => `${url}?${QUICK}`).join() },
      }),
    );
    await follower.waitForLog(/Fewer than three upstream servers cannot outvote one/);
    const { upstreams: listed } = await follower.until(({ discipline }) =>
      discipline.state === "synchronized"
    );
    assertEquals(listed.map(({ url }) => url), urls);
  }),
);

Deno.test(
  await where(
    needs,
    "two servers on loopback that are left to each other stop following",
    async () => {
      await using stack = new AsyncDisposableStack();
      const top = await startUpstream("ntp://127.0.0.1:0?stratum=1");
      stack.use(top.server);
      const [a, b] = [freePort(), freePort()];
      const both = await Promise.all(
        [[b, a], [a, b]].map(([other = 0, ownPort = 0]) =>
          Follower.start([top.port, other], { ownPort })
        ),
      );
      for (const each of both) stack.use(each);
      const strata = (): Promise<number[]> =>
        Promise.all(both.map(async ({ ntp }) => {
          const { stdout } = await run([...timecli, "--json", ntp]);
          return JSON.parse(stdout).stratum;
        }));
      await Promise.all(both.map((each) => each.waitForLog(/Synchronised to /)));
      assertEquals(await strata(), [2, 2]);
      await top.server.stop();
      // One stops first, and the other may follow it: around the two, strata would grow with each reply.
      await Promise.any(
        both.map((each) => each.waitForLog(/No upstream server has the time: the time goes on/)),
      );
      for (let i = 0; i < 5; i++) {
        const seen = await strata();
        assert(seen.every((stratum) => stratum <= 3), `${seen}`);
      }
      // Either one follows the other, which sees that, or each takes the status of the other for its own.
      const ends = both.map((each) => each.waitForLog(/No upstream server has the time/));
      const seen = both.map((each) =>
        each.waitForLog(/ntp:\/\/127\.0\.0\.1:\d+ \(127\.0\.0\.1\) follows this server: it is not/)
      );
      await Promise.any([Promise.all(ends), ...seen]);
    },
  ),
);

Deno.test(
  await where(needs, "every protocol serves the time of the upstream servers", async () => {
    await using stack = new AsyncDisposableStack();
    const top = await startUpstream("ntp://127.0.0.1:0?offset=1d");
    stack.use(top.server);
    const protocols = ["ntp", "time", "daytime", "asctime"];
    const urls = protocols.map((protocol) => `${protocol}://127.0.0.1:${freePort()}`);
    const { server } = await startServer(timesrv, [
      ...["--upstream", `ntp://127.0.0.1:${top.port}?${QUICK}`, "--http", "127.0.0.1:0"],
      ...urls,
    ]);
    stack.use(server);
    const [, web = ""] = await server.waitFor(/Status page on (\S+)/);
    await server.waitFor(/Synchronised to /);
    const ahead = (text: string): number => Math.round((Date.parse(text) - Date.now()) / 3_600_000);
    for (const url of urls) {
      const { stdout } = await run([...timecli, "--json", url]);
      assertEquals(ahead(JSON.parse(stdout).time), 24, `${url}: ${stdout}`);
    }
    const { time } = await (await fetch(`${web}/time`)).json();
    assertEquals(ahead(time), 24, time);
  }),
);
