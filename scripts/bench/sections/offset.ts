/**
 * How wrong a clock seems that is right: NTP's offset over loopback, where one clock is asked for itself and the truth is
 * zero.
 *
 * @module
 */

import { fileURLToPath } from "node:url";
import { layOutTable } from "../../../src/text/table.ts";
import { type CommandLine, outputOf, pinned } from "../commands.ts";
import { ntpContenders } from "../field.ts";
import type { Bench, Findings, Section, Surroundings } from "../section.ts";
import { type RunningServer, startAll } from "../servers.ts";
import { type Magnitudes, summarizeMagnitudes, turnsOf } from "../stats.ts";
import { decimal } from "../tables.ts";

/** Exchanges of the client that stays, with each server. */
const WARM_EXCHANGES = 1000;

/** What one client saw of one server. */
export interface OffsetError {
  readonly asker: string;
  readonly server: string;
  /** In microseconds. */
  readonly errorUs: Magnitudes;
}

/** A client program that is started for one exchange. */
interface Asker {
  readonly name: string;
  readonly command: (port: number) => CommandLine;
  /** Finds the offset in what it printed. */
  readonly offsetSeconds: (output: string) => number | undefined;
}

const timecli: Asker = {
  name: "timecli",
  command: (port) => [
    Deno.execPath(),
    ...["run", "--quiet", "-P=timecli", "--no-prompt", "client.ts"],
    ...["--json", `ntp://127.0.0.1:${port}`],
  ],
  offsetSeconds: (output) => (JSON.parse(output) as { offset?: number }).offset,
};

const chronydQ = (program: string): Asker => ({
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

/** The offset of an idle server. */
export const offset: Section = {
  summary: "the offset of an idle server, by its own client, chronyd and the library",
  async measure(bench: Bench): Promise<Findings> {
    await using stack = new AsyncDisposableStack();
    const { field, options: { exchanges } } = bench;
    const servers = await startAll(ntpContenders(field), stack, bench);
    const askers = [timecli];
    if (field.chronydProgram !== undefined) askers.push(chronydQ(field.chronydProgram));
    const figures = [
      ...await askOneByOne(servers, askers, exchanges, bench),
      ...await askInOneProcess(servers, bench),
    ];
    return {
      figures,
      lines: [
        "NTP offset of an idle server over loopback, where the truth is 0: |offset| in us",
        offsetTable(figures),
      ],
    };
  },
};

async function askOneByOne(
  servers: readonly RunningServer[],
  askers: readonly Asker[],
  exchanges: number,
  { loadCore, signal, showProgress }: Surroundings,
): Promise<readonly OffsetError[]> {
  const pairs = askers.flatMap((asker) =>
    servers.map((server) => ({ asker, server, errorsUs: [] as number[] }))
  );
  for (let exchange = 0; exchange < exchanges; exchange++) {
    showProgress(`offset, exchange ${exchange + 1} of ${exchanges}`);
    for (const { asker, server, errorsUs } of turnsOf(pairs, exchange)) {
      const action = `ask ${server.contender.name} with ${asker.name}`;
      const output = await outputOf(action, pinned(asker.command(server.port), loadCore), signal);
      const offsetSeconds = asker.offsetSeconds(output);
      if (offsetSeconds === undefined) throw new Error(`Cannot ${action}: it told no offset`);
      errorsUs.push(offsetSeconds * 1e6);
    }
  }
  return pairs.map(({ asker, server, errorsUs }) => ({
    asker: asker.name,
    server: server.contender.name,
    errorUs: summarizeMagnitudes(errorsUs),
  }));
}

async function askInOneProcess(
  servers: readonly RunningServer[],
  { loadCore, signal, showProgress }: Surroundings,
): Promise<readonly OffsetError[]> {
  showProgress(`offset, ${WARM_EXCHANGES} exchanges of one process`);
  const script = fileURLToPath(new URL("../ask.ts", import.meta.url));
  const ports = servers.map(({ port }) => `${port}`);
  const command: CommandLine = [
    Deno.execPath(),
    "run",
    "-A",
    script,
    `${WARM_EXCHANGES}`,
    ...ports,
  ];
  const output = await outputOf("ask in one process", pinned(command, loadCore), signal);
  const errorsUs = JSON.parse(output) as number[][];
  return servers.map(({ contender }, i) => ({
    asker: "query(), warm",
    server: contender.name,
    errorUs: summarizeMagnitudes(errorsUs[i] ?? []),
  }));
}

function offsetTable(offsets: readonly OffsetError[]): string {
  const rows = offsets.map(({ asker, server, errorUs }) => [
    server,
    asker,
    `${errorUs.count}`,
    decimal(errorUs.median, 1),
    // Of a hundred or fewer, the 99th percentile is the largest.
    decimal(errorUs.count > 100 ? errorUs.p99 : undefined, 1),
    decimal(errorUs.max, 1),
  ]);
  return layOutTable([["server", "asked by", "exchanges", "median", "p99", "max"], ...rows]);
}
