/**
 * Who of the contenders can be had on this machine.
 *
 * @module
 */

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

/** Debian keeps it where users who are not root do not look; `scripts/install_peers.sh` has a folder of its own. */
const CHRONYD_PLACES = [
  "chronyd",
  "/usr/sbin/chronyd",
  "/usr/local/sbin/chronyd",
  "/var/tmp/timesrv-peers/chrony/usr/sbin/chronyd",
];

/** Servers besides ours, `undefined` where there is none. */
export interface Field {
  readonly python: Contender | undefined;
  readonly chronyd: Contender | undefined;
  readonly limit: Contender | undefined;
  /** Where chronyd is, which is a client too. */
  readonly chronydProgram: string | undefined;
}

/**
 * Looks for them, and complains about each that is missing.
 *
 * @param directory where programs can be compiled to
 * @returns who is there
 */
export async function findField(directory: string): Promise<Field> {
  const hasPython = await outputIfAny("python3", "--version") !== undefined;
  if (!hasPython) await complain("there is no python3");
  const chronydProgram = await firstThatRuns(CHRONYD_PLACES);
  if (chronydProgram === undefined) await complain("there is no chronyd");
  const limitProgram = await compileLimit(directory).catch(async (error: Error) => {
    await complain(`no limit to compare with: ${error.message}`);
    return undefined;
  });
  return {
    python: hasPython ? pythonAsctime : undefined,
    chronyd: chronydProgram === undefined ? undefined : chronyd(chronydProgram),
    limit: limitProgram === undefined ? undefined : limit(limitProgram),
    chronydProgram,
  };
}

/**
 * Servers of text.
 *
 * @param field who is there
 * @returns ours with each transport, then the other
 */
export function textContenders({ python }: Field): readonly Contender[] {
  return present(
    timesrv("asctime", "text", "mmsg"),
    timesrv("asctime", "text", "datagram"),
    python,
  );
}

/**
 * Servers of NTP.
 *
 * @param field who is there
 * @returns ours with each transport, then the others
 */
export function ntpContenders({ chronyd, limit }: Field): readonly Contender[] {
  return present(timesrv("ntp", "ntp", "mmsg"), timesrv("ntp", "ntp", "datagram"), chronyd, limit);
}

/**
 * Leaves out who is missing.
 *
 * @param contenders who is wanted
 * @returns who is there
 */
export function present(...contenders: readonly (Contender | undefined)[]): readonly Contender[] {
  return contenders.filter((contender) => contender !== undefined);
}

async function complain(text: string): Promise<void> {
  await writeLine(Deno.stderr, `bench: ${text}`);
}

async function firstThatRuns(programs: readonly string[]): Promise<string | undefined> {
  for (const program of programs) {
    if (await outputIfAny(program, "--version") !== undefined) return program;
  }
  return undefined;
}
