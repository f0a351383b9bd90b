/** The contenders available on this machine. */
import { outputIfAny } from "./commands.ts";
import {
  chronyd,
  compileLimit,
  type Contender,
  limit,
  pythonAsctime,
  timesrv,
} from "./contenders.ts";
import { writeLine } from "./options.ts";

/** Debian installs it outside the PATH of other users than root; `scripts/install_peers.sh` has its own folder. */
const CHRONYD_PLACES = [
  "chronyd",
  "/usr/sbin/chronyd",
  "/usr/local/sbin/chronyd",
  "/var/tmp/timesrv-peers/chrony/usr/sbin/chronyd",
];

/** The servers besides this project's that are there. */
export interface Field {
  readonly python?: Contender | undefined;
  readonly chronyd?: Contender | undefined;
  readonly limit?: Contender | undefined;
  /** The path of chronyd, which is a client too. */
  readonly chronydProgram?: string | undefined;
}

/**
 * Finds the contenders, and reports each missing one.
 *
 * @param directory Where programs can be compiled to
 */
export async function findField(directory: string): Promise<Field> {
  const hasPython = await outputIfAny("python3", "--version") !== undefined;
  if (!hasPython) await report("there is no python3");
  const chronydProgram = await firstThatRuns(CHRONYD_PLACES);
  if (chronydProgram === undefined) await report("there is no chronyd");
  const limitProgram = await compileLimit(directory).catch(async (error: Error) => {
    await report(`no C program to compare with: ${error.message}`);
    return undefined;
  });
  return {
    python: hasPython ? pythonAsctime : undefined,
    chronyd: chronydProgram === undefined ? undefined : chronyd(chronydProgram),
    limit: limitProgram === undefined ? undefined : limit(limitProgram),
    chronydProgram,
  };
}

/** Text servers: this project's with each transport, then the other. */
export function textContenders({ python }: Field): readonly Contender[] {
  return present(
    timesrv("asctime", "text", "mmsg"),
    timesrv("asctime", "text", "datagram"),
    python,
  );
}

/** NTP servers: this project's with each transport, then the others. */
export function ntpContenders({ chronyd, limit }: Field): readonly Contender[] {
  return present(timesrv("ntp", "ntp", "mmsg"), timesrv("ntp", "ntp", "datagram"), chronyd, limit);
}

/** Removes missing contenders. */
export function present(...contenders: readonly (Contender | undefined)[]): readonly Contender[] {
  return contenders.filter((contender) => contender !== undefined);
}

async function report(text: string): Promise<void> {
  await writeLine(Deno.stderr, `bench: ${text}`);
}

async function firstThatRuns(programs: readonly string[]): Promise<string | undefined> {
  for (const program of programs) {
    if (await outputIfAny(program, "--version") !== undefined) return program;
  }
  return undefined;
}
