/** Hostile traffic: malformed datagrams, replies, denied clients and floods. */
import type { Protocol } from "../../src/protocols/registry.ts";
import { Cases, SWEEP } from "../fuzz/cases.ts";
import { Random } from "../fuzz/random.ts";
import { protocols, type Subject } from "./subject.ts";

/** The network that the servers deny. */
export const DENIED_NETWORK = "127.0.66.0/24";

/** Datagrams sent before receivers get a turn. */
const BURST = 32;

/** The longest datagram: more than a server's buffers hold. */
const MAX_LENGTH = 9000;

/** A socket that counts the datagrams it sends and receives, and keeps the last one. */
export class CountingSocket implements AsyncDisposable {
  sent = 0;
  received = 0;
  last: Uint8Array | undefined;
  readonly #socket: Deno.DatagramConn;
  readonly #listening: Promise<void>;

  constructor(hostname: string) {
    this.#socket = Deno.listenDatagram({ transport: "udp", hostname, port: 0 });
    this.#listening = this.#listen();
  }

  async #listen(): Promise<void> {
    for await (const [octets] of this.#socket) {
      this.received++;
      this.last = octets;
    }
  }

  async send(octets: Uint8Array, port: number): Promise<void> {
    await this.#socket.send(octets, { transport: "udp", hostname: "127.0.0.1", port });
    this.sent++;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.close();
    await this.#listening;
  }
}

/** The hostile senders of one server. */
export class Strangers implements AsyncDisposable {
  /** Sends almost valid and random datagrams, and gets replies to some. */
  readonly #fuzzer = new CountingSocket("127.0.88.1");
  /** Sends replies, and must get none. */
  readonly #reflector = new CountingSocket("127.0.88.2");
  /** Is denied, and must get no reply. */
  readonly #denied = new CountingSocket("127.0.66.1");
  /** Exceeds the rate limit. */
  readonly #flooder = new CountingSocket("127.0.99.1");
  readonly #subject: Subject;
  readonly #cases: Cases;
  readonly #random: Random;
  #case = SWEEP;

  constructor(subject: Subject, seed: number) {
    this.#subject = subject;
    this.#cases = new Cases(seed);
    this.#random = new Random(seed);
  }

  /** Datagrams sent so far. */
  get sent(): number {
    return this.#all.reduce((sum, { sent }) => sum + sent, 0);
  }

  /** Replies that should not have been sent. */
  get uninvited(): number {
    return this.#reflector.received + this.#denied.received;
  }

  /** Sends a few datagrams of each kind. */
  async turn(): Promise<void> {
    for (const protocol of protocols) {
      for (let i = 0; i < 4; i++) await this.#send(this.#fuzzer, protocol, this.#nextCase());
      await this.#send(this.#fuzzer, protocol, this.#randomOctets());
      await this.#send(this.#denied, protocol, this.#nextCase());
      // A reply of any service to each of them, most often of another one.
      const reply = this.#fuzzer.last;
      if (reply !== undefined) await this.#send(this.#reflector, protocol, reply);
    }
  }

  /** Exceeds the rate limit with this many requests. */
  async flood(count: number): Promise<void> {
    const request = new Uint8Array(48);
    request[0] = 0x23;
    for (let i = 0; i < count; i++) {
      await this.#send(this.#flooder, "ntp", request);
      if (i % BURST === 0) await new Promise((resolve) => setTimeout(resolve, 0));
    }
  }

  get #all(): readonly CountingSocket[] {
    return [this.#fuzzer, this.#reflector, this.#denied, this.#flooder];
  }

  #send(from: CountingSocket, protocol: Protocol, octets: Uint8Array): Promise<void> {
    return from.send(octets, this.#subject.ports.get(protocol) ?? 0);
  }

  #nextCase(): Uint8Array {
    return this.#cases.input(this.#case++).slice();
  }

  #randomOctets(): Uint8Array {
    const isLong = this.#random.below(20) === 0;
    const octets = new Uint8Array(this.#random.below(isLong ? MAX_LENGTH : 200));
    return octets.map(() => this.#random.below(256));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#all.map((socket) => socket[Symbol.asyncDispose]()));
  }
}
