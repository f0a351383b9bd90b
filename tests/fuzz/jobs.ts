/** All that a run of `deno task fuzz` does, in turns. */
import type { Protocol } from "../../src/protocols/registry.ts";
import { SWEEP } from "./cases.ts";
import { type Finding, fuzz, type FuzzOptions } from "./fuzz.ts";
import { HttpClientTarget, HttpServerTarget } from "./http_target.ts";
import { createInputJobs } from "./inputs/inputs.ts";
import { QueryTarget } from "./query_target.ts";
import { protocols, ServerTarget } from "./server_target.ts";
import { createTargets } from "./targets.ts";

/** Something that is fuzzed: what it is called, and how it goes on where it left off. */
export interface Job extends AsyncDisposable {
  readonly name: string;
  /** The protocol of its datagrams; texts and files have none. */
  readonly protocol?: Protocol;
  /** Its part of the time, beside the others'. */
  readonly share: number;
  /** The first case. */
  readonly first: number;
  /** What was reached how often, where that is known. */
  readonly outcomes?: ReadonlyMap<string, number>;
  fuzz(options: FuzzOptions): Promise<{ next: number; finding?: Finding }>;
}

/** Shares of a run: most of it is for what takes microseconds. */
const SHARES = { responder: 12, reader: 1, query: 1, server: 2, input: 2 } as const;

/** The services whose first two octets decide most: NTP, and text with the same test for replies. */
const SWEPT: readonly string[] = ["ntp", "auto", "asctime"];

/** Everything there is to fuzz: `mmsg` only where that can be. */
export async function createJobs(hasMmsg: boolean): Promise<Job[]> {
  const pure = createTargets().map((target): Job => {
    const isReader = target.name.startsWith("read-");
    const isSwept = SWEPT.includes(target.name);
    return {
      name: target.name,
      protocol: target.protocol,
      share: isReader ? SHARES.reader : SHARES.responder,
      first: isSwept ? 0 : SWEEP,
      outcomes: target.outcomes,
      fuzz: (options) => Promise.resolve(fuzz(target, options)),
      [Symbol.asyncDispose]: () => Promise.resolve(),
    };
  });
  const overSockets: Job[] = [];
  for (const protocol of protocols) {
    overSockets.push(overSocket(new QueryTarget(protocol), SHARES.query));
    overSockets.push(overSocket(await ServerTarget.start(protocol, "datagram"), SHARES.server));
    if (!hasMmsg) continue;
    overSockets.push(overSocket(await ServerTarget.start(protocol, "mmsg"), SHARES.server));
  }
  const inputs = (await createInputJobs()).map((job): Job => ({
    ...job,
    share: SHARES.input,
    first: 0,
    [Symbol.asyncDispose]: () => Promise.resolve(),
  }));
  const overHttp = [
    await HttpServerTarget.start(),
    await HttpServerTarget.startWeb(),
    new HttpClientTarget(),
  ].map((target): Job => ({
    name: target.name,
    share: SHARES.query,
    first: 0,
    fuzz: (options) => target.fuzz(options),
    [Symbol.asyncDispose]: () => target[Symbol.asyncDispose](),
  }));
  return [...pure, ...overSockets, ...inputs, ...overHttp];
}

function overSocket(target: QueryTarget | ServerTarget, share: number): Job {
  return {
    name: target.name,
    protocol: target.protocol,
    share,
    first: SWEEP,
    fuzz: (options) => target.fuzz(options),
    [Symbol.asyncDispose]: () => target[Symbol.asyncDispose](),
  };
}
