/** What goes wrong on purpose, as it is said on the command line. */
import { InvalidArgumentError } from "commander";
import type { FaultsOptions } from "../../server/faults/options.ts";
import { addNamedFault } from "../../server/faults/text.ts";

/** Adds one option's fault, as `drop=0.3` or `delay=50ms,every=3`, to those before it. */
export function parseFaultOption(text: string, before: FaultsOptions = {}): FaultsOptions {
  try {
    return addNamedFault(before, text);
  } catch (error) {
    throw new InvalidArgumentError((error as Error).message.replace(/(?<=[^?])$/, "."));
  }
}

/** The part of the help that lists the faults. */
export const faultsHelp = `\
Faults, each with what may stand after the sign "=" and its own values:
  drop[=PROBABILITY]        no answer
  delay=TIME                jitter=TIME, path=request|reply,
                            distribution=uniform|normal|pareto
  duplicate[=PROBABILITY]   copies=NUMBER
  reorder[=PROBABILITY]     the next answer leaves first; time=TIME at most
  truncate[=PROBABILITY]    length=OCTETS left
  corrupt[=PROBABILITY]     bits=NUMBER turned round
  garbage[=PROBABILITY]     length=OCTETS of it
  replay[=PROBABILITY]      an old answer
  port[=PROBABILITY]        an answer from another port
and of NTP alone:
  kiss[=CODE]               RATE, DENY, RSTR, or any other
  stratum[=NUMBER]          0 to 255
  leapbits[=KIND]           none, insert, delete, unsynchronized
  refid=ID                  1 to 4 characters, or an IPv4 address
  distance=DISPERSION       the root's; delay=TIME
  timestamps[=WHAT]         zero, random, early, late;
                            field=reference|receive|transmit|all
  origin[=PROBABILITY]      as for another request
  version[=NUMBER]          0 to 7
  mode[=NUMBER]             0 to 7
  unsynchronized[=PROBABILITY]
Each also takes probability=0.5, after=10 (requests), every=3 (requests),
from=30s, to=60s (after the start) and clients=10.0.0.0/8, with commas between;
the option may be given again. Its answers are counted under "fault" if dropped.
`;
