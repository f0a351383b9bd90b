/** A running server, given datagrams over the socket. */
import { assert, assertEquals } from "@std/assert";
import type { Protocol } from "../../src/protocols/registry.ts";
import { decodeNtpPacket, field, NTP_HEADER_LENGTH } from "../../src/protocols/ntp/packet.ts";
import type { Responder } from "../../src/protocols/responder.ts";
import { TIME_REPLY_LENGTH } from "../../src/protocols/time/parse.ts";
import { serve } from "../../src/server/serve.ts";
import type { Server, ServerAddress } from "../../src/server/serve_options.ts";
import { Cases, SWEEP } from "./cases.ts";
import { describeFinding, type Finding, type FuzzOptions, seedOf } from "./fuzz.ts";
import { LONGEST_ASCTIME, LONGEST_DAYTIME } from "./replies.ts";
import type { Problem } from "./target.ts";

/** The number that are sent at once: what a socket's queue has room for, whatever their size. */
const BATCH = 16;

/** How many sockets they are sent from. */
const SENDERS = 4;

/** What a server listens for, a socket each. */
export const protocols: readonly Protocol[] = ["asctime", "daytime", "time", "ntp", "auto"];

const LONGEST: Readonly<Record<Protocol, number>> = {
  asctime: LONGEST_ASCTIME,
  daytime: LONGEST_DAYTIME,
  time: TIME_REPLY_LENGTH,
  ntp: NTP_HEADER_LENGTH,
  auto: NTP_HEADER_LENGTH,
};

/** Every this many datagrams one is longer than the server's buffers. */
const LONG_EVERY = 50;

/** How long a datagram may take that has to come. */
const PATIENCE_MS = 5000;

/** A socket that keeps what it hears. */
class Ear implements AsyncDisposable {
  readonly heard: Uint8Array[] = [];
  readonly #socket: Deno.DatagramConn;
  readonly #listening: Promise<void>;
  #wake: () => void = () => {};

  constructor() {
    this.#socket = Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.1", port: 0 });
    this.#listening = this.#listen();
  }

  async #listen(): Promise<void> {
    for await (const [octets] of this.#socket) {
      this.heard.push(octets);
      this.#wake();
    }
  }

  async send(octets: Uint8Array, to: ServerAddress): Promise<void> {
    await this.#socket.send(octets, { transport: "udp", hostname: to.hostname, port: to.port });
  }

  /** The next datagram received, or undefined if none comes. */
  async next(): Promise<Uint8Array | undefined> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#wake = resolve;
    const timer = setTimeout(resolve, PATIENCE_MS);
    if (this.heard.length === 0) await promise;
    clearTimeout(timer);
    return this.heard.shift();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.close();
    await this.#listening;
  }
}

/** One protocol of a server that serves all of them. */
export class ServerTarget implements AsyncDisposable {
  readonly name: string;
  readonly protocol: Protocol;
  readonly #server: Server;
  readonly #address: ServerAddress;
  readonly #senders = Array.from({ length: SENDERS }, () => new Ear());
  readonly #prober = new Ear();
  /** Sends answers, and is to hear nothing. */
  readonly #parrot = new Ear();
  #sent = 0;
  #heard = 0;

  private constructor(protocol: Protocol, server: Server, address: ServerAddress) {
    this.name = `${server.transport}-${protocol}`;
    this.protocol = protocol;
    this.#server = server;
    this.#address = address;
  }

  /** Starts a server for it; `responder` is one that is broken on purpose. */
  static async start(
    protocol: Protocol,
    transport: "datagram" | "mmsg",
    responder?: Responder,
  ): Promise<ServerTarget> {
    const urls = protocols.map((each) => `${each}://127.0.0.1:0`);
    const status = { source: "fixed" } as const;
    const server = await serve(urls, { transport, status, ...(responder && { responder }) });
    const address = server.addresses[protocols.indexOf(protocol)] as ServerAddress;
    return new ServerTarget(protocol, server, address);
  }

  /** As `fuzz()` of a target without a socket; a finding is a batch of datagrams. */
  async fuzz(
    { seed, from, to, isOver = (): boolean => false }: FuzzOptions,
  ): Promise<{ next: number; finding?: Finding }> {
    const cases = new Cases(seedOf(this, seed));
    let index = from;
    while (index < to && !(index > from && isOver())) {
      const problem = await this.#converse(this.#inputs(cases, index));
      if (problem !== undefined) {
        return { next: index + BATCH, finding: { target: this.name, seed, index, problem } };
      }
      index += BATCH;
    }
    return { next: index };
  }

  #inputs(cases: Cases, from: number): Uint8Array[] {
    return Array.from({ length: BATCH }, (_, i) => {
      const input = cases.input(from + i);
      if ((from + i) % LONG_EVERY !== 0) return input.slice();
      const long = new Uint8Array(2049 + (from + i) % 7000);
      long.set(input);
      return long;
    });
  }

  async #converse(inputs: readonly Uint8Array[]): Promise<Problem | undefined> {
    await Promise.all(inputs.map((input, i) => this.#send(this.#senders[i % SENDERS], input)));
    const probed = await this.#probe();
    if (probed !== undefined) return probed;
    const settled = await this.#settle();
    if (settled !== undefined) return settled;
    const replies = this.#senders.flatMap(({ heard }) => heard.splice(0));
    const origins = new Set(
      inputs.map((input) => input.subarray(field.transmitTimestamp, NTP_HEADER_LENGTH).toHex()),
    );
    for (const reply of replies) {
      const detail = this.#judge(reply, origins);
      if (detail !== undefined) return { oracle: "answers right", detail };
    }
    return await this.#parrotReplies(replies.slice(0, 2));
  }

  async #send(ear: Ear | undefined, octets: Uint8Array, to = this.#address): Promise<void> {
    this.#sent++;
    await ear?.send(octets, to);
  }

  /** Asks what has to be answered, which comes last in its queue. */
  async #probe(): Promise<Problem | undefined> {
    const request = new Uint8Array(this.protocol === "ntp" || this.protocol === "auto" ? 48 : 0);
    request[0] = 0x23;
    await this.#send(this.#prober, request);
    const reply = await this.#prober.next();
    if (reply === undefined) return { oracle: "goes on answering", detail: "it is silent" };
    this.#heard++;
    const detail = this.#judge(reply, new Set(["00".repeat(8)]));
    return detail === undefined ? undefined : { oracle: "goes on answering", detail };
  }

  #judge(reply: Uint8Array, origins: ReadonlySet<string>): string | undefined {
    if (reply.length > LONGEST[this.protocol]) return `${reply.length} octets`;
    const isNtp = this.protocol === "ntp" ||
      this.protocol === "auto" && reply.length === NTP_HEADER_LENGTH;
    if (!isNtp) return undefined;
    const { mode, receiveTimestamp, transmitTimestamp } = decodeNtpPacket(reply);
    if (mode !== 4 && mode !== 2) return `mode ${mode}`;
    if (transmitTimestamp <= receiveTimestamp) return "it left before it came";
    const origin = reply.subarray(field.originTimestamp, field.receiveTimestamp).toHex();
    return origins.has(origin) ? undefined : `nobody sent ${origin}`;
  }

  /** Waits until every datagram is accounted for: none is lost on the way through this machine. */
  async #settle(): Promise<Problem | undefined> {
    const endsMs = performance.now() + PATIENCE_MS;
    let detail = this.#failure() ?? this.#missing();
    while (detail !== undefined && this.#failure() === undefined && performance.now() < endsMs) {
      await new Promise((resolve) => setTimeout(resolve, 1));
      detail = this.#failure() ?? this.#missing();
    }
    this.#heard += this.#senders.reduce((sum, ear) => sum + ear.heard.length, 0);
    return detail === undefined ? undefined : { oracle: "counts what it does", detail };
  }

  #failure(): string | undefined {
    const {
      received: _received,
      answered: _answered,
      texts: _texts,
      refused: _refused,
      ...errors
    } = this.#server.totals;
    const failed = Object.entries(errors).find(([, count]) => count > 0);
    return failed && `${failed[1]} ${failed[0]}`;
  }

  #missing(): string | undefined {
    const { received, answered, refused } = this.#server.totals;
    const silent = Object.values(refused).reduce((sum, count) => sum + count, 0);
    if (received !== this.#sent) return `${this.#sent} sent, ${received} received`;
    if (answered + silent !== received) return `${received} received, ${answered} + ${silent}`;
    const ears = [...this.#senders, this.#parrot];
    const heard = ears.reduce((sum, ear) => sum + ear.heard.length, this.#heard);
    return heard === answered ? undefined : `${answered} answered, ${heard} heard`;
  }

  /** Sends answers to every service of the server. */
  async #parrotReplies(replies: readonly Uint8Array[]): Promise<Problem | undefined> {
    for (const reply of replies) {
      for (const address of this.#server.addresses) await this.#send(this.#parrot, reply, address);
    }
    const settled = await this.#settle();
    const [answer] = this.#parrot.heard;
    if (answer !== undefined) {
      return { oracle: "gets no answer to its answer", detail: answer.toHex() };
    }
    return settled;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ears = [...this.#senders, this.#prober, this.#parrot];
    await Promise.all(ears.map((ear) => ear[Symbol.asyncDispose]()));
    await this.#server.shutdown();
  }
}

/** Fails if a server of a protocol on a transport breaks a promise, whatever it is sent. */
export async function fuzzServer(
  protocol: Protocol,
  transport: "datagram" | "mmsg",
  seed: number,
): Promise<void> {
  await using target = await ServerTarget.start(protocol, transport);
  assertEquals(target.name, `${transport}-${protocol}`);
  const { finding } = await target.fuzz({ seed, from: SWEEP, to: SWEEP + 320 });
  assert(finding === undefined, finding && describeFinding(finding));
}
