/** The error of the NTP offset over loopback, where client and server share a clock and the true offset is 0. */
import { layOutTable } from "../../../src/text/table.ts";
import { type CommandLine, outputOf, pinned, runScript } from "../commands.ts";
import { ntpContenders } from "../field.ts";
import type { Bench, Context, Findings, Section } from "../section.ts";
import type { RunningServer } from "../contenders.ts";
import { startAll } from "../servers.ts";
import { type Magnitudes, summarizeMagnitudes, turnsOf } from "../stats.ts";
import { formatDecimal } from "../tables.ts";

/** Exchanges of the long-running client with each server. */
const WARM_EXCHANGES = 1000;

/** The errors of one client at one server. */
export interface OffsetError {
  readonly client: string;
  readonly server: string;
  /** In microseconds. */
  readonly errorUs: Magnitudes;
}

/** A client program that is started for each exchange. */
interface Client {
  readonly name: string;
  readonly command: (port: number) => CommandLine;
  /** Finds the offset in its output. */
  readonly offsetSeconds: (output: string) => number | undefined;
}

const timecli: Client = {
  name: "timecli",
  command: (port) => [
    Deno.execPath(),
    ...["run", "--quiet", "-P=timecli", "--no-prompt", "client.ts"],
    ...["--json", `ntp://127.0.0.1:${port}`],
  ],
  offsetSeconds: (output) => (JSON.parse(output) as { offset?: number }).offset,
};

const chronydQ = (program: string): Client => ({
  name: "chronyd -Q",
  command: (port) => [
    program,
    ...["-Q", "-U", "-u", "root", "-t", "5"],
    ...[`server 127.0.0.1 port ${port} iburst maxsamples 1`, "cmdport 0", "bindcmdaddress /"],
  ],
  offsetSeconds(output): number | undefined {
    const [, seconds] = /System clock wrong by (-?[\d.]+) seconds/.exec(output) ?? [];
    return seconds === undefined ? undefined : Number(seconds);
  },
});

export const offset: Section = {
  summary: "the offset error of an idle server, by timecli, chronyd and the library",
  async measure(bench: Bench): Promise<Findings> {
    await using stack = new AsyncDisposableStack();
    const { field, options: { exchanges } } = bench;
    const servers = await startAll(ntpContenders(field), stack, bench);
    const clients = [timecli];
    if (field.chronydProgram !== undefined) clients.push(chronydQ(field.chronydProgram));
    const figures = [
      ...await queryOneByOne(servers, clients, exchanges, bench),
      ...await queryInOneProcess(servers, bench),
    ];
    return {
      figures,
      lines: [
        "NTP offset of an idle server over loopback, where it should be 0: |offset| in us",
        offsetTable(figures),
      ],
    };
  },
};

async function queryOneByOne(
  servers: readonly RunningServer[],
  clients: readonly Client[],
  exchanges: number,
  { loadCore, signal, showProgress }: Context,
): Promise<readonly OffsetError[]> {
  const pairs = clients.flatMap((client) =>
    servers.map((server) => ({ client, server, errorsUs: [] as number[] }))
  );
  for (let exchange = 0; exchange < exchanges; exchange++) {
    showProgress(`offset, exchange ${exchange + 1} of ${exchanges}`);
    for (const { client, server, errorsUs } of turnsOf(pairs, exchange)) {
      const action = `query ${server.contender.name} with ${client.name}`;
      const output = await outputOf(action, pinned(client.command(server.port), loadCore), signal);
      const offsetSeconds = client.offsetSeconds(output);
      if (offsetSeconds === undefined) {
        throw new Error(`Cannot ${action}: there is no offset in its output`);
      }
      errorsUs.push(offsetSeconds * 1e6);
    }
  }
  return pairs.map(({ client, server, errorsUs }) => ({
    client: client.name,
    server: server.contender.name,
    errorUs: summarizeMagnitudes(errorsUs),
  }));
}

async function queryInOneProcess(
  servers: readonly RunningServer[],
  { loadCore, signal, showProgress }: Context,
): Promise<readonly OffsetError[]> {
  showProgress(`offset, ${WARM_EXCHANGES} exchanges of one process`);
  const ports = servers.map(({ port }) => `${port}`);
  const errorsUs = await runScript<number[][]>(
    "query in one process",
    ["query.ts", `${WARM_EXCHANGES}`, ...ports],
    { core: loadCore, signal },
  );
  return servers.map(({ contender }, i) => ({
    client: "query(), warm",
    server: contender.name,
    errorUs: summarizeMagnitudes(errorsUs[i] ?? []),
  }));
}

function offsetTable(offsets: readonly OffsetError[]): string {
  const rows = offsets.map(({ client, server, errorUs }) => [
    server,
    client,
    `${errorUs.count}`,
    formatDecimal(errorUs.median, 1),
    // Of a hundred or fewer, the 99th percentile is the largest.
    formatDecimal(errorUs.count > 100 ? errorUs.p99 : undefined, 1),
    formatDecimal(errorUs.max, 1),
  ]);
  return layOutTable([["server", "client", "exchanges", "median", "p99", "max"], ...rows]);
}
