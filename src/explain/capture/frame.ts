export interface Frame {
  /** When it passed, in nanoseconds since the Unix epoch; undefined where the file has no time. */
  readonly nanoseconds: bigint | undefined;
  /** The type of its first header, by tcpdump's numbers (LINKTYPE). */
  readonly linkType: number;
  /** All of its octets, or only the first. */
  readonly octets: Uint8Array;
}
