/** Who a server on a network hears from besides its clients: nonsense, echoes, the banned and the greedy. */
import type { Protocol } from "../../src/protocols/registry.ts";
import { Cases, SWEEP } from "../fuzz/cases.ts";
import { Random } from "../fuzz/random.ts";
import { protocols, type Subject } from "./subject.ts";

/** The network that servers are told to deny. */
export const DENIED_NETWORK = "127.0.66.0/24";

/** So many are sent before whoever has to receive them gets a turn. */
const BURST = 32;

/** The longest datagram that is sent: more than a server's buffers hold. */
const LONGEST = 9000;

/** A socket that counts what it hears and keeps the last of it. */
export class Mouth implements AsyncDisposable {
  sent = 0;
  heard = 0;
  last: Uint8Array | undefined;
  readonly #socket: Deno.DatagramConn;
  readonly #listening: Promise<void>;

  constructor(hostname: string) {
    this.#socket = Deno.listenDatagram({ transport: "udp", hostname, port: 0 });
    this.#listening = this.#listen();
  }

  async #listen(): Promise<void> {
    for await (const [octets] of this.#socket) {
      this.heard++;
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

/** The strangers of one server. */
export class Strangers implements AsyncDisposable {
  /** Sends what is almost right, and what never was; hears answers to some of it. */
  readonly #fuzzer = new Mouth("127.0.88.1");
  /** Sends answers, and is to hear nothing. */
  readonly #parrot = new Mouth("127.0.88.2");
  /** May not ask, and is to hear nothing. */
  readonly #denied = new Mouth("127.0.66.1");
  /** Asks more often than it may. */
  readonly #greedy = new Mouth("127.0.99.1");
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

  /** Answers that nobody should have got. */
  get uninvited(): number {
    return this.#parrot.heard + this.#denied.heard;
  }

  /** Everybody sends a little. */
  async turn(): Promise<void> {
    for (const protocol of protocols) {
      for (let i = 0; i < 4; i++) await this.#send(this.#fuzzer, protocol, this.#nextCase());
      await this.#send(this.#fuzzer, protocol, this.#garbage());
      await this.#send(this.#denied, protocol, this.#nextCase());
      // One answer of any service to each of them; most often it is the answer of another one.
      const answer = this.#fuzzer.last;
      if (answer !== undefined) await this.#send(this.#parrot, protocol, answer);
    }
  }

  /** One of them asks so often. */
  async ask(count: number): Promise<void> {
    const request = new Uint8Array(48);
    request[0] = 0x23;
    for (let i = 0; i < count; i++) {
      await this.#send(this.#greedy, "ntp", request);
      if (i % BURST === 0) await new Promise((resolve) => setTimeout(resolve, 0));
    }
  }

  get #all(): readonly Mouth[] {
    return [this.#fuzzer, this.#parrot, this.#denied, this.#greedy];
  }

  #send(from: Mouth, protocol: Protocol, octets: Uint8Array): Promise<void> {
    return from.send(octets, this.#subject.ports.get(protocol) ?? 0);
  }

  #nextCase(): Uint8Array {
    return this.#cases.input(this.#case++).slice();
  }

  #garbage(): Uint8Array {
    const isLong = this.#random.below(20) === 0;
    const octets = new Uint8Array(this.#random.below(isLong ? LONGEST : 200));
    return octets.map(() => this.#random.below(256));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#all.map((mouth) => mouth[Symbol.asyncDispose]()));
  }
}
