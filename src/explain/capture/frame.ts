/** A frame as it was captured. */
export interface Frame {
  /** When it passed, in nanoseconds since the Unix epoch; undefined where the file does not say. */
  readonly nanoseconds: bigint | undefined;
  /** What its first header is, by tcpdump's numbers (LINKTYPE). */
  readonly linkType: number;
  /** Its octets, all or the first of them. */
  readonly octets: Uint8Array;
}
