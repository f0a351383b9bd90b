import type { UnixTime } from "../../clock/clock.ts";

export interface Frame {
  /** When it passed; undefined where the file has no time. */
  readonly time: Readonly<UnixTime> | undefined;
  /** The type of its first header, by tcpdump's numbers (LINKTYPE). */
  readonly linkType: number;
  /** All of its octets, or only the first. */
  readonly octets: Uint8Array;
}
