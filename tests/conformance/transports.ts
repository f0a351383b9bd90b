/**
 * The transports differ in speed, never in behaviour: what is tested here is tested on each of them.
 */
import type { RefusalCause } from "../../src/protocols/mod.ts";
import type { ServeOptions, Server } from "../../mod.ts";
import { firstMissing, type Needs, where } from "../support/needs.ts";
import { until } from "../support/wait.ts";

/** A transport and its number of threads. */
export type Way = Required<Pick<ServeOptions, "transport" | "workers">>;

/** What the mmsg transport needs. */
export const batches: Needs = { permissions: [{ name: "ffi" }, { name: "read" }] };

/** Every way, with the name that its tests have. */
export const ways: readonly (readonly [name: string, way: Way, needs: Needs])[] = [
  ["datagram", { transport: "datagram", workers: 1 }, {}],
  ["mmsg", { transport: "mmsg", workers: 1 }, batches],
  ["mmsg, 2 workers", { transport: "mmsg", workers: 2 }, { ...batches, cores: 2 }],
];

/**
 * A test for each transport that this run permits; `transports_native_test.ts` has one for each that it
 * does not permit.
 */
export async function eachWay(
  name: string,
  fn: (way: Way, t: Deno.TestContext) => Promise<void>,
  needs: Needs = {},
): Promise<Deno.TestDefinition[]> {
  const tests: Deno.TestDefinition[] = [];
  for (const [transport, way, more] of ways) {
    const permissions = [...(needs.permissions ?? []), ...(more.permissions ?? [])];
    if (await firstMissing({ permissions: more.permissions ?? [] }) !== undefined) continue;
    const all = { ...more, ...needs, permissions };
    tests.push(await where(all, `${name} (${transport})`, (t) => fn(way, t)));
  }
  return tests;
}

/** Waits until a server has handled a number of datagrams; returns how many it answered, and refused by cause. */
export async function settled(
  server: Server,
  datagrams: number,
): Promise<{ answered: number } & Partial<Record<RefusalCause, number>>> {
  // A batch counts that its datagrams came after what became of them.
  await until(() => accountedFor(server) >= datagrams && server.totals.received >= datagrams);
  const { received, answered, refused } = server.totals;
  if (received !== datagrams || accountedFor(server) !== datagrams) {
    throw new Error(`Expected ${datagrams} datagrams, got ${JSON.stringify(server.totals)}`);
  }
  const causes = Object.entries(refused).filter(([, count]) => count > 0);
  return { answered, ...Object.fromEntries(causes) };
}

/** How many datagrams a server has counted the fate of. */
export function accountedFor({ totals }: Server): number {
  const { answered, kisses, refused, responderErrors, sendErrors } = totals;
  const refusals = Object.values(refused).reduce((sum, count) => sum + count, 0);
  return answered + kisses + refusals + responderErrors + sendErrors;
}
