import type { UpstreamState } from "../../client/served_state.ts";

/** An upstream server, as it is now. */
export interface UpstreamReport {
  /** The URL that was given, without parameters. */
  readonly url: string;
  /** The address in use; undefined while its name is not known. */
  readonly address: string | undefined;
  /** What it is to the server. */
  readonly state: UpstreamState;
  /** The stratum of its last reply. */
  readonly stratum: number | undefined;
  /** Its clock minus the time served, in seconds. */
  readonly offset: number | undefined;
  /** The error bound of the offset, its root distance, in seconds. */
  readonly distance: number | undefined;
  /** The round-trip delay, in seconds. */
  readonly delay: number | undefined;
  /** The deviation of its offset, in seconds. */
  readonly jitter: number | undefined;
  /** The interval between requests, as a power of two of seconds. */
  readonly poll: number;
  /** Which of the last eight requests were answered; the last one in the lowest bit. */
  readonly reach: number;
  /** Seconds since its last reply. */
  readonly lastReply: number | undefined;
  /** The requests sent to it, whatever its address. */
  readonly requests: number;
  /** Its replies with a usable time. */
  readonly replies: number;
}

/** Numbers the servers of each URL from 1: a pool has several of one. */
export function numberMembers(upstreams: readonly Pick<UpstreamReport, "url">[]): number[] {
  return upstreams.map(({ url }, i) =>
    upstreams.slice(0, i + 1).filter((each) => each.url === url).length
  );
}

/** The name of each server, which no other one has: its URL, with `#2` and so on for the others of a pool. */
export function nameUpstreams(upstreams: readonly Pick<UpstreamReport, "url">[]): string[] {
  const members = numberMembers(upstreams);
  return upstreams.map(({ url }, i) => members[i] === 1 ? url : `${url}#${members[i]}`);
}
