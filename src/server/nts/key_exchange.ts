/** The key exchange of a server (RFC 8915 §4): TLS over TCP, a request, an answer with cookies. */
import type { KeyExchangeOutcome } from "../../client/served_state.ts";
import type { KeyRingReader } from "../../crypto/key_ring.ts";
import { answerKeyExchange, MAX_KEY_EXCHANGE_REQUEST } from "../../protocols/ntp/nts/answer.ts";
import { Faults } from "../faults/faults.ts";
import type { NtsKeFlaw } from "../faults/options.ts";
import { makeCookie } from "../../protocols/ntp/nts/cookie.ts";
import { exportSessionKeys, receiveMessage } from "../../protocols/ntp/nts/records.ts";
import { type AddressFamily, addressFamily, canonicalAddress } from "../../system/address.ts";
import { closeQuietly, isReset } from "../../system/sockets.ts";
import { settleWithin, type Timers } from "../../system/time.ts";
import type { TlsServer } from "../../transports/tls/tls_server.ts";
import { parseIpWords } from "../../text/ip_words.ts";
import type { Admission } from "./admission.ts";
import type { KeyExchangeFaultPlan, OutcomeCounters } from "./setup.ts";

/** The time for a whole connection. */
const TIME_LIMIT_MS = 5000;

/** The pause after a connection could not be accepted, usually because there is no descriptor for it. */
const ACCEPT_PAUSE_MS = 250;

/** What is read of a client that goes on after its request. */
const MAX_REST = 65_536;

/** The faults of key exchanges at each listener, for tests of clients. */
export class KeyExchangeFaults {
  #faults: readonly (Faults | undefined)[] = [];

  /** Replaces them all. */
  set(plans: readonly (KeyExchangeFaultPlan | undefined)[]): void {
    for (const faults of this.#faults) faults?.[Symbol.dispose]();
    this.#faults = plans.map((plan) => plan && new Faults(plan.faults, plan.seed));
  }

  /** Draws that of the next connection from an address to a listener. */
  next(listener: number, hostname: string): NtsKeFlaw | undefined {
    const readAddress = (words: Uint32Array): boolean => parseIpWords(hostname, words);
    const triggered = this.#faults[listener]?.next({ readAddress }) ?? [];
    return triggered.at(-1)?.rule.effect.keyExchange;
  }
}

export interface KeyExchangeOptions {
  readonly ring: KeyRingReader;
  readonly admission: Admission;
  readonly counters: OutcomeCounters;
  readonly timers: Timers;
  readonly faults?: KeyExchangeFaults;
}

/** Where clients are sent to. */
interface NtpTarget {
  /** The UDP port of NTP. */
  readonly port: number;
  /** The number of the listener, in the order in which they were opened. */
  readonly number: number;
}

/** For clients of each family. */
type NtpTargets = { [family in AddressFamily]?: NtpTarget };

export class KeyExchange {
  readonly #options: KeyExchangeOptions;
  readonly #listeners: Deno.TcpListener[] = [];
  /** Those of the sockets on all IPv6 addresses, by their ports. */
  readonly #dual = new Map<number, NtpTargets>();
  #tls: TlsServer;
  /** Its certificate has expired, for tests of clients. */
  expired: TlsServer | undefined;
  #count = 0;
  #isClosed = false;

  /** @param tls The certificate; it belongs to the key exchange from then on */
  constructor(tls: TlsServer, options: KeyExchangeOptions) {
    this.#tls = tls;
    this.#options = options;
  }

  /** Uses another certificate for all connections from now on. */
  replace(tls: TlsServer): void {
    this.#tls[Symbol.dispose]();
    this.#tls = tls;
  }

  /**
   * Listens on a TCP address; returns its port. On Linux a socket on all IPv6 addresses takes those of IPv4 as well,
   * so that it must be opened before one on all IPv4 addresses, and then serves both.
   *
   * @param ntpPort The UDP port of NTP there
   */
  listen(hostname: string, port: number, ntpPort: number): number {
    const target: NtpTarget = { port: ntpPort, number: this.#count++ };
    const address = canonicalAddress(hostname);
    const dual = address === "0.0.0.0" ? this.#dual.get(port) : undefined;
    let listener;
    try {
      listener = Deno.listen({ hostname, port });
    } catch (error) {
      if (dual === undefined || !(error instanceof Deno.errors.AddrInUse)) throw error;
      dual[4] = target;
      return port;
    }
    this.#listeners.push(listener);
    const targets: NtpTargets = { [addressFamily(address) as AddressFamily]: target };
    if (address === "::") this.#dual.set(listener.addr.port, targets);
    void this.#accept(listener, targets);
    return listener.addr.port;
  }

  close(): void {
    this.#isClosed = true;
    for (const listener of this.#listeners) listener.close();
    this.#tls[Symbol.dispose]();
    this.expired?.[Symbol.dispose]();
  }

  async #accept(listener: Deno.TcpListener, targets: NtpTargets): Promise<void> {
    const { admission, counters, timers, faults } = this.#options;
    while (!this.#isClosed) {
      let stream: Deno.TcpConn;
      try {
        stream = await listener.accept();
      } catch (error) {
        if (this.#isClosed) return;
        // A client that resets its connection at once must not make others wait.
        if (isReset(error)) counters.count("failed");
        else await timers.sleep(ACCEPT_PAUSE_MS);
        continue;
      }
      const remote = canonicalAddress(stream.remoteAddr.hostname);
      // The NTP of another family may be another server's.
      const target = targets[addressFamily(remote) as AddressFamily];
      const admitted = target === undefined ? "denied" : admission.admit(remote);
      if (typeof admitted === "string") {
        counters.count(admitted);
        closeQuietly(stream);
      } else {
        counters.connections = admission.connections;
        const { port, number } = target as NtpTarget;
        const flaw = faults?.next(number, remote);
        void this.#serve(stream, port, flaw).then((outcome) => {
          admitted[Symbol.dispose]();
          counters.connections = admission.connections;
          counters.count(outcome);
        });
      }
    }
  }

  /** Serves a connection, to its end or that of its time; never rejects. */
  async #serve(
    stream: Deno.TcpConn,
    port: number,
    flaw: NtsKeFlaw | undefined,
  ): Promise<KeyExchangeOutcome> {
    const { timers } = this.#options;
    let outcome: KeyExchangeOutcome | undefined;
    const served = this.#exchange(stream, { port, flaw }, (answered) => outcome = answered)
      .catch(() => outcome ??= "failed");
    await settleWithin(timers, TIME_LIMIT_MS, served);
    // What still waits for the client ends with this.
    closeQuietly(stream);
    return outcome ?? "timed_out";
  }

  async #exchange(
    stream: Deno.TcpConn,
    { port, flaw }: { readonly port: number; readonly flaw: NtsKeFlaw | undefined },
    done: (outcome: KeyExchangeOutcome) => void,
  ): Promise<void> {
    // Two packets each way: waiting to fill the second would cost 40 ms.
    stream.setNoDelay(true);
    const server = flaw === "expired" ? this.expired : this.#tls;
    if (server === undefined) return done("failed");
    using tls = await server.accept(stream);
    const received = await receiveMessage(tls.read.bind(tls), MAX_KEY_EXCHANGE_REQUEST);
    const request = received.subarray(0, MAX_KEY_EXCHANGE_REQUEST);
    // It ends with the time for the connection, or the client's.
    if (flaw === "stall") { while (await tls.read() !== undefined); }
    const keys = await exportSessionKeys(tls.exportKey.bind(tls));
    const { ring } = this.#options;
    ring.look();
    const { octets, outcome } = answerKeyExchange(request, {
      port,
      makeCookie: () => makeCookie(ring.newest, keys),
      flaw,
    });
    await tls.write(octets);
    // A client may close as soon as it has the answer.
    done(outcome);
    await tls.end();
    // A connection that is closed with octets unread is reset, and the answer may be lost with it.
    await stream.closeWrite();
    const rest = new Uint8Array(1024);
    for (let read = 0; read < MAX_REST;) {
      const length = await stream.read(rest);
      if (length === null) return;
      read += length;
    }
  }
}
