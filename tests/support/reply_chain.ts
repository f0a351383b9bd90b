/** Servers that take each other's replies for requests: how many datagrams pass between them. */
import type { UnixTime } from "../../src/clock/clock.ts";
import type { ClockStatus } from "../../src/clock/status.ts";
import type { Protocol } from "../../src/protocols/registry.ts";
import { REPLY_CAPACITY, type Responder } from "../../src/protocols/responder.ts";
import { Faults } from "../../src/server/faults/faults.ts";
import type { FaultsOptions } from "../../src/server/faults/options.ts";
import { withFaults } from "../../src/server/faults/with_faults.ts";
import type { Exchange } from "../../src/transports/exchange.ts";
import { parseIpWords } from "../../src/text/ip_words.ts";
import { ask, exchangeOf, finishAt, STATUS } from "./services.ts";

/** A server: the datagrams that it sends for one that it receives. */
export type Peer = (request: Uint8Array) => readonly Uint8Array[] | Promise<readonly Uint8Array[]>;

/** A server whose clock shows a time, without a network. */
export function peerOf(responder: Responder, at: Readonly<UnixTime>, status?: ClockStatus): Peer {
  return (request) => {
    const reply = ask(responder, request, { at, status: status ?? STATUS });
    return typeof reply === "string" ? [] : [reply];
  };
}

/** The same with faults; copies are sent too. */
export function faultyPeer(
  protocol: Protocol,
  responder: Responder,
  at: Readonly<UnixTime>,
  options: FaultsOptions,
  seed: number,
  onKod: () => void = () => {},
): Peer {
  const respond = withFaults(new Faults(options, seed, () => 0), {
    protocol,
    stamp: () => {},
    respond: (exchange) => responder.respond(exchange),
    finish: (exchange) => finishAt(responder, exchange, at),
    seal: responder.seal?.bind(responder),
  });
  const source = {
    transport: "udp",
    hostname: "192.0.2.1",
    port: 51402,
    readAddress: (words: Uint32Array) => parseIpWords("192.0.2.1", words),
  } as const;
  return async (request) => {
    const exchange: Exchange = {
      ...exchangeOf(request, new Uint8Array(REPLY_CAPACITY), { at }),
      arrival: { ...at },
      source,
      isText: false,
      isKod: false,
    };
    const length = await respond(exchange);
    if (exchange.isKod) onKod();
    if (length <= 0) return [];
    const reply = exchange.reply.slice(0, length);
    return Array(1 + (exchange.delivery?.copies ?? 0)).fill(reply);
  };
}

/**
 * The number of replies that two servers send after one of them received a datagram as if from the other,
 * up to a bound: a loop reaches any.
 */
export async function countReplies(
  [first, second]: readonly [Peer, Peer],
  forged: Uint8Array,
  bound = 1000,
): Promise<number> {
  let count = 0;
  let arriving: readonly Uint8Array[] = [forged];
  for (let hop = 0; arriving.length > 0 && count < bound; hop++) {
    const receiver = hop % 2 === 0 ? first : second;
    const sent: Uint8Array[] = [];
    for (const octets of arriving) {
      sent.push(...await receiver(octets));
      if (count + sent.length >= bound) break;
    }
    count += sent.length;
    arriving = sent;
  }
  return count;
}
