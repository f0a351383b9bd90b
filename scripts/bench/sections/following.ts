/**
 * How right the time is that timesrv and chronyd serve, which follow the same three servers over ways of milliseconds. All
 * clocks are this machine's, so that the true offset is 0.
 */
import { fileURLToPath } from "node:url";
import { query } from "../../../mod.ts";
import { layOutTable } from "../../../src/text/table.ts";
import { chronyd, type Contender, timesrv } from "../contenders.ts";
import type { Bench, Findings, Section } from "../section.ts";
import { startServer } from "../servers.ts";
import { summarize } from "../stats.ts";
import { formatDecimal } from "../tables.ts";

/** The least delays of the three ways, each way, with queues of a millisecond on average. */
const LEAST_MS = [5, 7, 9] as const;
const MEAN_MS = 1;

/** Requests every 16 s, by both. */
const POLL = 4;

/** Before it both begin; the figures are for this time, and for that from then on. */
const BEGIN_SECONDS = 300;

/** The quickest of some exchanges shows the served time best. */
const EXCHANGES = 3;

/** A served time, as one look shows it. */
interface Look {
  readonly atSeconds: number;
  readonly offsetUs: number;
  readonly distanceMs: number;
}

/** The time that one server served. */
export interface Followed {
  readonly server: string;
  readonly rmsUsAtFirst: number | undefined;
  readonly rmsUs: number | undefined;
  readonly maxUs: number | undefined;
  /** The median root distance from then on. */
  readonly distanceMs: number | undefined;
  /** When a reply first had a root distance below 100 ms. */
  readonly firstSeconds: number | undefined;
}

export const following: Section = {
  summary: "the time that timesrv and chronyd serve from the same upstream servers",
  async measure({ field, options: { minutes }, signal, showProgress }: Bench): Promise<Findings> {
    await using stack = new AsyncDisposableStack();
    const start = async (contender: Contender) =>
      stack.use(await startServer(contender, { core: undefined, signal }));
    const ports: number[] = [];
    for (const [i, leastMs] of LEAST_MS.entries()) {
      const { port } = await start(timesrv("ntp", "ntp", "mmsg", ["--stratum", "2"]));
      ports.push((await start(relay(port, hostOf(i), leastMs))).port);
    }
    const contenders = [ours(ports)];
    if (field.chronydProgram !== undefined) contenders.push(theirs(field.chronydProgram, ports));
    const servers = await Promise.all(contenders.map(start));
    const looks = servers.map((): Look[] => []);
    const begun = performance.now();
    for (let seconds = 0; seconds < minutes * 60; seconds++) {
      showProgress(`following, minute ${Math.floor(seconds / 60) + 1} of ${minutes}`);
      signal.throwIfAborted();
      for (const [i, { port }] of servers.entries()) {
        const look = await lookAt(port, (performance.now() - begun) / 1000);
        if (look !== undefined) looks[i]?.push(look);
      }
      const left = begun + (seconds + 1) * 1000 - performance.now();
      await new Promise((resolve) => setTimeout(resolve, Math.max(left, 0)));
    }
    const figures = servers.map(({ contender }, i) =>
      summarizeLooks(contender.name, looks[i] ?? [])
    );
    return {
      figures,
      lines: [
        `Following three servers over ways of ${
          LEAST_MS.join(", ")
        } ms with queues of ${MEAN_MS} ms, every ` +
        `${2 ** POLL} s, for ${minutes} min: the error in us, where it should be 0`,
        layOutFollowed(figures),
      ],
    };
  },
};

function hostOf(i: number): string {
  return `127.0.0.${i + 2}`;
}

function relay(target: number, host: string, leastMs: number): Contender {
  const script = fileURLToPath(new URL("../discipline/relay.ts", import.meta.url));
  return {
    ...{ name: "relay", protocol: "ntp", isOurs: true },
    command: (port) => [
      Deno.execPath(),
      ...["run", "-A", "--unstable-net", script],
      ...[`${port}`, host, `${target}`, `${leastMs}`, `${MEAN_MS}`],
    ],
  };
}

function ours(ports: readonly number[]): Contender {
  const upstreams = ports.map((port, i) =>
    `ntp://${hostOf(i)}:${port}?minpoll=${POLL}&maxpoll=${POLL}`
  );
  return {
    ...timesrv("ntp", "ntp", "mmsg", ["--upstream", upstreams.join()]),
    name: "timesrv --upstream",
  };
}

function theirs(program: string, ports: readonly number[]): Contender {
  const lines = ports.map((port, i) =>
    `server ${hostOf(i)} port ${port} minpoll ${POLL} maxpoll ${POLL} iburst`
  );
  return chronyd(program, { name: "chronyd -x", lines });
}

/** Looks at the served time; undefined while there is none. */
async function lookAt(port: number, atSeconds: number): Promise<Look | undefined> {
  const looks: (Look & { readonly delayUs: number })[] = [];
  for (let i = 0; i < EXCHANGES; i++) {
    const reply = await query(`ntp://127.0.0.1:${port}`);
    if (reply.protocol !== "ntp" || reply.leap === "unsynchronized") return undefined;
    looks.push({
      atSeconds,
      offsetUs: reply.offset.total("microseconds"),
      distanceMs: reply.rootDistance.total("milliseconds"),
      delayUs: reply.delay.total("microseconds"),
    });
  }
  return looks.reduce((best, look) => look.delayUs < best.delayUs ? look : best);
}

/** Summarizes the looks at one server. */
export function summarizeLooks(server: string, looks: readonly Look[]): Followed {
  const later = looks.filter(({ atSeconds }) => atSeconds >= BEGIN_SECONDS);
  return {
    server,
    rmsUsAtFirst: rmsOf(looks.filter(({ atSeconds }) => atSeconds < BEGIN_SECONDS)),
    rmsUs: rmsOf(later),
    maxUs: looks.length > 0
      ? Math.max(...looks.map(({ offsetUs }) => Math.abs(offsetUs)))
      : undefined,
    distanceMs: summarize(later.map(({ distanceMs }) => distanceMs))?.median,
    firstSeconds: looks.find(({ distanceMs }) => distanceMs < 100)?.atSeconds,
  };
}

function rmsOf(looks: readonly Look[]): number | undefined {
  if (looks.length === 0) return undefined;
  return Math.sqrt(looks.reduce((sum, { offsetUs }) => sum + offsetUs ** 2, 0) / looks.length);
}

function layOutFollowed(figures: readonly Followed[]): string {
  const rows = figures.map(({ server, rmsUsAtFirst, rmsUs, maxUs, distanceMs, firstSeconds }) => [
    server,
    ...[rmsUsAtFirst, rmsUs, maxUs].map((us) => formatDecimal(us, 0)),
    formatDecimal(distanceMs, 1),
    formatDecimal(firstSeconds, 1),
  ]);
  return layOutTable([
    [
      ...["server", "RMS, first 5 min", "RMS, later", "max", "root distance ms"],
      "below 100 ms after s",
    ],
    ...rows,
  ]);
}
