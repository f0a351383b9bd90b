/** The one place every datagram passes before a protocol sees it. */
import { refusal } from "../protocols/responder.ts";

/**
 * Ports from which no client asks, but services that answer anything: echo,
 * discard, daytime, qotd, chargen and time (CVE-1999-0103). Answering one would
 * start a conversation without end. To port 0 nothing can be sent at all.
 */
const serviceSourcePorts: ReadonlySet<number> = new Set([0, 7, 9, 13, 17, 19, 37]);

const refuseSourcePort = refusal("source-port");

/**
 * Why a datagram is not even looked at.
 *
 * @param source Who sent it
 * @returns A refusal, or undefined for a datagram that may pass
 */
export function guardRefusal(source: { readonly port: number }): number | undefined {
  return serviceSourcePorts.has(source.port) ? refuseSourcePort : undefined;
}
