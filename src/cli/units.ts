/** The client writes such figures into its messages, too, and so has them. */
export { readableSeconds, signedSeconds } from "../client/units.ts";
