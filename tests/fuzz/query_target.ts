/** `query()`, given any datagram for a reply. */
import { query } from "../../src/client/query.ts";
import { QueryError } from "../../src/protocols/failure.ts";
import type { Protocol } from "../../src/protocols/registry.ts";
import { field, NTP_HEADER_LENGTH } from "../../src/protocols/ntp/packet.ts";
import { type ScriptedServer, scriptedServer } from "../support/scripted_server.ts";
import { Cases } from "./cases.ts";
import { type Finding, type FuzzOptions, seedOf } from "./fuzz.ts";

/** A client whose server is hostile. */
export class QueryTarget implements AsyncDisposable {
  readonly name: string;
  readonly protocol: Protocol;
  readonly #peer: ScriptedServer;
  #reply = new Uint8Array();

  constructor(protocol: Protocol) {
    this.name = `query-${protocol}`;
    this.protocol = protocol;
    this.#peer = scriptedServer(async (socket, from, _count, request) => {
      const replies = protocol === "ntp" ? ntpReplies(this.#reply, request) : [this.#reply];
      for (const reply of replies) await socket.send(reply, from);
    }, protocol);
  }

  /** As `fuzz()` of a target without a socket. */
  async fuzz(
    { seed, from, to, isOver = (): boolean => false }: FuzzOptions,
  ): Promise<{ next: number; finding?: Finding }> {
    const cases = new Cases(seedOf(this, seed));
    for (let index = from; index < to; index++) {
      if (index > from && isOver()) return { next: index };
      this.#reply = cases.input(index).slice();
      try {
        await query(this.#peer.url, { retries: 0 });
      } catch (error) {
        if (error instanceof QueryError && error.reason === "not_a_time") continue;
        const problem = { oracle: "brings a time or says that it is none", detail: String(error) };
        const input = this.#reply;
        return { next: index + 1, finding: { target: this.name, seed, index, problem, input } };
      }
    }
    return { next: to };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#peer[Symbol.asyncDispose]();
  }
}

/** The reply as it is, the same as if it belonged to the request, and one that does. */
function ntpReplies(reply: Uint8Array, request: Uint8Array): Uint8Array[] {
  const cookie = request.subarray(field.transmitTimestamp, NTP_HEADER_LENGTH);
  const matching = reply.slice();
  if (reply.length >= NTP_HEADER_LENGTH) {
    matching[0] = (matching[0] as number) & 0b1100_0000 | 0x24;
    matching.set(cookie, field.originTimestamp);
  }
  const good = new Uint8Array(NTP_HEADER_LENGTH).fill(1);
  good[0] = 0x24;
  good.set(cookie, field.originTimestamp);
  return [reply, matching, good];
}
