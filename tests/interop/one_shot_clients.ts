/** Clients that query once, and how their output is read. */
import { type Network, networkCommands, peerEnv, program } from "../support/peers.ts";
import { type Outcome, run } from "../support/process.ts";
import type { Programs } from "../support/programs.ts";

/** What a client measured. */
export interface Finding {
  /** How far the server is ahead of this machine, in seconds; undefined if the client refused the time. */
  readonly offset: number | undefined;
  /** The leap second that was announced, in its own words. */
  readonly leap?: string | undefined;
  /** The time that was served, in its own words. */
  readonly time?: string | undefined;
  /** Its exit code and output. */
  readonly outcome: Outcome;
}

/** The clients, by the names that scenarios have for them. */
export const clientNames = ["chronyd", "ntpdig", "ntpdate", "rdate", "timecli"] as const;

/** One of {@linkcode clientNames}. */
export type ClientName = (typeof clientNames)[number];

/** What a test with all of them needs, but for `timecli`. */
export const oneShotNeeds = {
  files: [program.chronyd, program.ntpdig, program.ntpdate],
  commands: [...networkCommands, "rdate", "python3"],
  root: true,
} as const;

const commands: Readonly<
  Record<ClientName, (host: string, timecli: Programs["timecli"]) => readonly string[]>
> = {
  chronyd: (host) => {
    const server = `server ${host} iburst maxsamples 4`;
    return [program.chronyd, "-Q", "-u", "root", "-t", "10", server];
  },
  ntpdig: (host) => [program.ntpdig, "--json", host],
  ntpdate: (host) => [program.ntpdate, "-q", host],
  rdate: (host) => ["rdate", "-n", "-p", "-v", host],
  timecli: (host, timecli) => [...timecli, "--json", "--timeout", "5", `ntp://${host}`],
};

const readers: Readonly<Record<ClientName, (outcome: Outcome) => Omit<Finding, "outcome">>> = {
  chronyd: ({ stderr }) => ({
    offset: numberIn(/System clock wrong by (\S+) seconds/.exec(stderr)),
  }),
  ntpdig: ({ stdout }) => JSON.parse(stdout),
  ntpdate: ({ stdout }) => {
    const line = /^(\S+ \S+) \(\+0000\) ([-+]\S+) \+\/- \S+ \S+ s\d+ (\S+)$/m.exec(stdout);
    return { time: line?.[1], offset: numberIn(line, 2), leap: line?.[3] };
  },
  rdate: ({ stdout }) => ({ offset: numberIn(/adjust local clock by (\S+) seconds/.exec(stdout)) }),
  timecli: ({ stdout }) => JSON.parse(stdout),
};

function numberIn(match: RegExpExecArray | null, group = 1): number | undefined {
  const text = match?.[group];
  return text === undefined ? undefined : Number(text);
}

/** Has a client query a server on port 123 in a network. */
export async function askAs(
  client: ClientName,
  { network, host, timecli }: {
    readonly network: Network;
    readonly host: string;
    readonly timecli: Programs["timecli"];
  },
): Promise<Finding> {
  const command = network.inside(commands[client](host, timecli));
  // Deno finds its modules where it always does.
  const outcome = await run(command, client === "timecli" ? {} : { env: peerEnv });
  return outcome.code === 0
    ? { ...readers[client](outcome), outcome }
    : { offset: undefined, outcome };
}
