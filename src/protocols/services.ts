/** The services of the protocols. They are listed apart from the registry: clients start faster without them. */
import { type Protocol, protocols } from "./registry.ts";
import type { SymmetricKeys } from "../crypto/symmetric_keys.ts";
import { asctimeResponder } from "./asctime/service.ts";
import { autoResponder } from "./auto.ts";
import { type DaytimeFormat, daytimeResponder } from "./daytime/service.ts";
import { ntpResponder } from "./ntp/service.ts";
import type { Sealer } from "./ntp/sealer.ts";
import type { ProtocolRecord } from "./protocol.ts";
import { refusal, type Responder } from "./responder.ts";
import { timeResponder } from "./time/service.ts";

export interface ServiceSettings {
  /** Whether texts that carry no zone are in UTC. */
  readonly utc: boolean;
  readonly daytimeFormat: DaytimeFormat;
  /** Whether NTP requests without authentication are refused. */
  readonly requireAuth?: boolean | undefined;
}

export interface ServiceOptions extends ServiceSettings {
  /** The symmetric keys of NTP clients. */
  readonly keys?: SymmetricKeys | undefined;
  /** The sealer that opens the cookies of NTP clients by NTS. */
  readonly nts?: Sealer | undefined;
  readonly random32: () => number;
}

const services: Readonly<Record<Protocol, (options: ServiceOptions) => Responder>> = {
  asctime: asctimeResponder,
  auto: autoResponder,
  daytime: ({ utc, daytimeFormat }) => daytimeResponder({ utc, format: daytimeFormat }),
  time: timeResponder,
  ntp: ntpResponder,
};

export function createService(protocol: Protocol, options: ServiceOptions): Responder {
  const service = services[protocol](options);
  const { refusesReplies }: ProtocolRecord = protocols[protocol];
  return refusesReplies ? service : refuseReplies(service);
}

const refuseReply = refusal("looks_like_a_reply");

/**
 * Keeps a service that treats any datagram as a request from answering replies: a single forged
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
      looksLikeReply(exchange.request) ? refuseReply : service.respond(exchange),
  };
}

const forms = [...new Set(Object.values(protocols).map(({ looksLikeReply }) => looksLikeReply))];

/** Whether a service of this server, or one like it, would send this datagram, whatever time its clock shows. */
export function looksLikeReply(octets: Uint8Array): boolean {
  for (let i = 0; i < forms.length; i++) {
    if (forms[i]?.(octets)) return true;
  }
  return false;
}
