/** The services of the protocols, for servers. */
import type { ProtocolRecord, ServiceOptions } from "./protocol.ts";
import { type Protocol, protocols } from "./registry.ts";
import { refusal, type Responder } from "./responder.ts";

/** Loads what makes the built-in responders of a protocol. */
export async function loadService(
  protocol: Protocol,
): Promise<(options: ServiceOptions) => Responder> {
  const { loadService, refusesReplies }: ProtocolRecord = protocols[protocol];
  const create = await loadService();
  return refusesReplies ? create : (options) => refuseReplies(create(options));
}

const forms = [...new Set(Object.values(protocols).map(({ looksLikeReply }) => looksLikeReply))];

/** Whether a datagram is what a service of this server, or one like it, would send at that time. */
export function looksLikeReply(octets: Uint8Array, unixSeconds: number): boolean {
  for (let i = 0; i < forms.length; i++) {
    if (forms[i]?.(octets, unixSeconds)) return true;
  }
  return false;
}

const refuseReply = refusal("looks-like-a-reply");

/**
 * Keeps a service that takes any datagram for a request from answering replies: a single forged
 * datagram would have two servers send to each other forever (CVE-1999-0103, CVE-2024-2169), a
 * Daytime and a Time server as well as two of a kind.
 *
 * Each form is recognised by more than a request has by chance: of random octets, one datagram in
 * ten thousand at most.
 */
function refuseReplies(service: Responder): Responder {
  return {
    ...service,
    respond: (exchange) =>
      looksLikeReply(exchange.request, exchange.arrival.seconds)
        ? refuseReply
        : service.respond(exchange),
  };
}
