/** The upstream servers of a server. */
import type { SourceList } from "../../client/served_state.ts";
import type { Upstreams } from "../upstreams/upstreams.ts";

/** Lists the upstream servers, with null for what is not known. */
export function listSources(following: Pick<Upstreams, "list" | "discipline">): SourceList {
  const { state, distance } = following.discipline;
  return {
    discipline: { state, rootDistance: distance ?? null },
    upstreams: following.list().map((upstream) => ({
      ...upstream,
      address: upstream.address ?? null,
      stratum: upstream.stratum ?? null,
      offset: upstream.offset ?? null,
      distance: upstream.distance ?? null,
      delay: upstream.delay ?? null,
      jitter: upstream.jitter ?? null,
      lastReply: upstream.lastReply ?? null,
    })),
  };
}
