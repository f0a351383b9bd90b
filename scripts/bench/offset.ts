/**
 * How wrong a clock seems that is right: NTP's offset over loopback, where one clock is asked for itself and the truth is
 * zero.
 *
 * @module
 */

import type { Surroundings } from "./compare.ts";
import { type CommandLine, outputOf, pinned, type RunningServer } from "./servers.ts";
import { type Magnitudes, summarizeMagnitudes, turnsOf } from "./stats.ts";

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
    ...["-Q", "-U", "-t", "5"],
    ...[`server 127.0.0.1 port ${port} iburst maxsamples 1`, "cmdport 0", "bindcmdaddress /"],
  ],
  offsetSeconds(output): number | undefined {
    const [, seconds] = /System clock wrong by (-?[\d.]+) seconds/.exec(output) ?? [];
    return seconds === undefined ? undefined : Number(seconds);
  },
});

/**
 * Asks NTP servers that have nothing else to do.
 *
 * @param servers whom
 * @param options how often each client program is run, and where chronyd is if it is to ask too
 * @param surroundings where, and what ends it early
 * @returns the errors, a row for each client and server
 */
export async function measureOffsets(
  servers: readonly RunningServer[],
  options: { readonly exchanges: number; readonly chronyd: string | undefined },
  { core, signal, showProgress }: Surroundings,
): Promise<readonly OffsetError[]> {
  const askers = [timecli];
  if (options.chronyd !== undefined) askers.push(chronydQ(options.chronyd));
  const pairs = askers.flatMap((asker) =>
    servers.map((server) => ({ asker, server, errorsUs: [] as number[] }))
  );
  for (let exchange = 0; exchange < options.exchanges; exchange++) {
    showProgress(`offset, exchange ${exchange + 1} of ${options.exchanges}`);
    for (const { asker, server, errorsUs } of turnsOf(pairs, exchange)) {
      const action = `ask ${server.contender.name} with ${asker.name}`;
      const output = await outputOf(action, pinned(asker.command(server.port), core), signal);
      const offsetSeconds = asker.offsetSeconds(output);
      if (offsetSeconds === undefined) throw new Error(`Cannot ${action}: it told no offset`);
      errorsUs.push(offsetSeconds * 1e6);
    }
  }
  showProgress(`offset, ${WARM_EXCHANGES} exchanges of one process`);
  const script = new URL("ask.ts", import.meta.url).pathname;
  const ports = servers.map(({ port }) => `${port}`);
  const command: CommandLine = [
    Deno.execPath(),
    "run",
    "-A",
    script,
    `${WARM_EXCHANGES}`,
    ...ports,
  ];
  const warm = await outputOf("ask in one process", pinned(command, core), signal);
  const warmUs = JSON.parse(warm) as number[][];
  return [
    ...pairs.map(({ asker, server, errorsUs }) => ({
      asker: asker.name,
      server: server.contender.name,
      errorUs: summarizeMagnitudes(errorsUs),
    })),
    ...servers.map(({ contender }, i) => ({
      asker: "query(), warm",
      server: contender.name,
      errorUs: summarizeMagnitudes(warmUs[i] ?? []),
    })),
  ];
}
