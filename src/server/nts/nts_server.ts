/** A server by NTS: the keys of cookies, the certificate, and the thread that exchanges keys. */
import { KeyRing } from "../../crypto/key_ring.ts";
import { formatAddress } from "../../protocols/endpoint.ts";
import { openNtsSealer } from "../../protocols/ntp/nts/sealer.ts";
import type { Sealer } from "../../protocols/ntp/sealer.ts";
import { canonicalAddress, isWildcard } from "../../system/address.ts";
import { type Libc, openLibc } from "../../system/libc.ts";
import { systemTimers, type Timers } from "../../system/time.ts";
import { openLibssl } from "../../transports/tls/libssl.ts";
import { Faults } from "../faults/faults.ts";
import type { GuardPlan } from "../guard/guard.ts";
import type { ServerLog } from "../log/log.ts";
import type { ServerAddress } from "../serve_options.ts";
import { openWorker, requireDescriptors, RestartPauses, whyNoWorker } from "../workers/threads.ts";
import {
  type CheckedCredentials,
  makeCredentials,
  readCredentials,
  versionOf,
  writeAuthority,
} from "./credentials.ts";
import {
  CERTIFICATE_WARNING_HOURS,
  DEFAULT_NTS_PORT,
  type NtsOptions,
  speaksNtp,
} from "./options.ts";
import {
  type KeyExchangeFaultPlans,
  type KeyExchangeListener,
  type KeyExchangeMessage,
  type KeyExchangeSetup,
  type NtsReport,
  OutcomeCounters,
} from "./setup.ts";

const DAY_MS = 86_400_000;

/** How often the files are looked at. */
const LOOK_MS = 60_000;

export class NtsServer {
  readonly #options: NtsOptions;
  readonly #log: ServerLog | undefined;
  readonly #timers: Timers;
  readonly #ring = new KeyRing();
  readonly #counters = new OutcomeCounters();
  readonly #stopping = new AbortController();
  readonly #owned = new DisposableStack();
  readonly #pauses = new RestartPauses();
  readonly sealer: Sealer = openNtsSealer(this.#ring.memory);
  #credentials: CheckedCredentials;
  #version: string | undefined;
  /** Why the newest files are not used. */
  #refusal: string | undefined;
  /** The thread, once it is ready: one that loads its modules would take any message for its setup. */
  #worker: Worker | undefined;
  #setup: Omit<KeyExchangeSetup, "credentials"> | undefined;
  #addresses: readonly string[] = [];
  #openedMs = 0;
  #newestKey: Temporal.Instant;

  private constructor(
    options: NtsOptions,
    credentials: CheckedCredentials,
    { log, timers = systemTimers }: { log?: ServerLog | undefined; timers?: Timers },
  ) {
    this.#options = options;
    this.#credentials = credentials;
    this.#log = log;
    this.#timers = timers;
    this.#newestKey = timers.now();
  }

  /**
   * Prepares to serve NTS.
   *
   * @param hostnames The addresses that will be listened on
   * @throws {Error} If there is no OpenSSL or no thread, or certificate and key are not good
   * @throws {Deno.errors.NotCapable} If a permission is missing
   */
  static async create(
    options: NtsOptions,
    hostnames: readonly string[],
    own: { log?: ServerLog | undefined; timers?: Timers } = {},
  ): Promise<NtsServer> {
    openLibssl();
    const reason = whyNoWorker();
    if (reason !== undefined) throw new Error(`Cannot serve NTS: ${reason}`);
    const now = (own.timers ?? systemTimers).now();
    const { ntsCert, ntsKey, ntsSelfSigned } = options;
    const version = await versionOf(filesOf(options));
    const credentials = ntsSelfSigned === undefined
      ? await readCredentials({ ntsCert, ntsKey }, now)
      : await makeCredentials(hostnames, now);
    const server = new NtsServer(options, credentials, own);
    server.#version = version;
    return server;
  }

  get memory(): SharedArrayBuffer {
    return this.#ring.memory;
  }

  get report(): NtsReport {
    const { end: certificateEnd } = this.#credentials;
    return {
      addresses: this.#addresses,
      connections: this.#counters.connections,
      keyExchanges: this.#counters.read(),
      newestKey: this.#newestKey,
      certificateEnd,
    };
  }

  /**
   * Begins to exchange keys, unless it is shut down meanwhile.
   *
   * @throws {Error} If an address cannot be listened on, or the certificate for tests cannot be written
   */
  async start(addresses: readonly ServerAddress[], guard: GuardPlan): Promise<void> {
    const { ntsPort = DEFAULT_NTS_PORT } = this.#options;
    const listeners = listenersOf(addresses, ntsPort);
    this.#setup = {
      ring: this.#ring.memory,
      counters: this.#counters.memory,
      guard,
      listeners,
      faults: faultsOf(addresses, listeners),
    };
    const { signal } = this.#stopping;
    if (signal.aborted) return;
    const ports = await this.#open(this.#setup);
    if (signal.aborted) return;
    // Only now: the file may be that of another server, which has the port.
    await writeAuthority(this.#options.ntsSelfSigned, this.#credentials);
    if (signal.aborted) return;
    // A thread that replaces this one has the same ports.
    const bound = listeners.map((each, i) => ({ ...each, port: ports[i] as number }));
    this.#setup = { ...this.#setup, listeners: bound };
    this.#addresses = bound.map(formatAddress);
    for (const { faults } of addresses) {
      if (faults instanceof Faults) faults.onChange = () => this.#setFaults(addresses, listeners);
    }
    this.#warnOfEnd();
    this.#owned.use(this.#timers.every(DAY_MS, () => this.#beginDay()));
    if (this.#options.ntsSelfSigned === undefined) {
      this.#owned.use(this.#timers.every(LOOK_MS, () => void this.#look()));
    }
  }

  #setFaults(
    addresses: readonly ServerAddress[],
    listeners: readonly KeyExchangeListener[],
  ): void {
    if (this.#setup === undefined) return;
    this.#setup = { ...this.#setup, faults: faultsOf(addresses, listeners) };
    this.#sendFaults();
  }

  #sendFaults(): void {
    this.#worker?.postMessage(this.#setup?.faults);
  }

  #sendCredentials(): void {
    const { certificate, key } = this.#credentials;
    this.#worker?.postMessage({ certificate, key });
  }

  shutdown(): void {
    this.#stopping.abort();
    this.#owned.dispose();
    this.#worker?.terminate();
    this.#worker = undefined;
  }

  /** Opens the thread; returns the ports that it listens on, none if it is ended meanwhile. */
  async #open(setup: Omit<KeyExchangeSetup, "credentials">): Promise<readonly number[]> {
    this.#requireDescriptors();
    const ready = Promise.withResolvers<readonly number[]>();
    const credentials = this.#credentials;
    const worker = openWorker();
    this.#openedMs = this.#timers.monotonicMs();
    worker.onmessage = ({ data }: MessageEvent<KeyExchangeMessage>): void => {
      if (data.event === "failed") {
        // The addresses that it could listen on are for the next one.
        worker.terminate();
        return ready.reject(new Error(data.message));
      }
      this.#worker = worker;
      if (this.#credentials !== credentials) this.#sendCredentials();
      if (this.#setup !== undefined && this.#setup.faults !== setup.faults) this.#sendFaults();
      ready.resolve(data.ports);
    };
    worker.onerror = (event): void => {
      // Otherwise it would end the whole process.
      event.preventDefault();
      worker.terminate();
      const [cause = ""] = event.message.split("\n", 1);
      if (this.#worker !== worker) {
        return ready.reject(new Error(`Cannot start the thread of the key exchange: ${cause}`));
      }
      this.#worker = undefined;
      void this.#replace(cause);
    };
    const { certificate, key, expired } = credentials;
    worker.postMessage({ ...setup, credentials: { certificate, key, expired } });
    const { signal } = this.#stopping;
    // A thread that is terminated sends nothing more.
    const end = (): void => {
      worker.terminate();
      ready.resolve([]);
    };
    signal.addEventListener("abort", end, { once: true });
    return await ready.promise;
  }

  #requireDescriptors(): void {
    let libc: Libc;
    try {
      libc = openLibc();
    } catch {
      // Not of this system, or not permitted: the thread is started without the check.
      return;
    }
    using own = libc;
    requireDescriptors(own, 1);
  }

  async #replace(cause: string): Promise<void> {
    const { signal } = this.#stopping;
    if (signal.aborted || this.#setup === undefined) return;
    const pauseMs = this.#pauses.next(this.#timers.monotonicMs() - this.#openedMs);
    this.#log?.warning(
      `The thread of the NTS key exchange died and is replaced in ${pauseMs / 1000} s: ${cause}`,
    );
    try {
      await this.#timers.sleep(pauseMs, signal);
      await this.#open(this.#setup);
    } catch (error) {
      if (!signal.aborted) void this.#replace((error as Error).message);
    }
  }

  #beginDay(): void {
    this.#ring.rotate();
    this.#newestKey = this.#timers.now();
    this.#warnOfEnd();
  }

  /** Uses new files, if they are there and good; otherwise goes on with what it has. */
  async #look(): Promise<void> {
    const version = await versionOf(filesOf(this.#options));
    if (version === undefined || version === this.#version) return;
    const { ntsCert, ntsKey } = this.#options;
    try {
      this.#credentials = await readCredentials({ ntsCert, ntsKey }, this.#timers.now());
    } catch (error) {
      // Tried again each time: what makes it good may be its mode alone, or the time.
      const { message } = error as Error;
      if (message !== this.#refusal) {
        this.#log?.warning(`The certificate of NTS is still the old one: ${message}`);
      }
      this.#refusal = message;
      return;
    }
    this.#version = version;
    this.#refusal = undefined;
    this.#sendCredentials();
    this.#log?.changed(`certificate of NTS, which ends on ${this.#credentials.end}`);
    this.#warnOfEnd();
  }

  #warnOfEnd(): void {
    const { end } = this.#credentials;
    const hours = end.since(this.#timers.now()).total("hours");
    if (hours < CERTIFICATE_WARNING_HOURS) {
      this.#log?.warning(`The certificate of NTS ends on ${end}`);
    }
  }
}

function filesOf({ ntsCert, ntsKey }: NtsOptions): readonly string[] {
  return [ntsCert, ntsKey].filter((file) => file !== undefined);
}

/** The faults of key exchanges: at each address those of the listener that clients are sent to. */
function faultsOf(
  addresses: readonly ServerAddress[],
  listeners: readonly KeyExchangeListener[],
): KeyExchangeFaultPlans {
  return {
    plans: listeners.map(({ hostname, ntpPort }) => {
      const own = addresses.find((each) => each.hostname === hostname && each.port === ntpPort);
      const fault = own?.faults?.options["nts-ke"];
      return fault === undefined || own?.faults === undefined
        ? undefined
        // As JSON, because no message can have a Temporal.Duration.
        : { faults: JSON.parse(JSON.stringify({ "nts-ke": fault })), seed: own.faults.seed };
    }),
  };
}

/** One listener for each address with NTP: where several ports of one have it, clients are sent to the first. */
function listenersOf(addresses: readonly ServerAddress[], port: number): KeyExchangeListener[] {
  const listeners = new Map<string, KeyExchangeListener>();
  for (const { protocol, hostname, port: ntpPort } of addresses) {
    const key = isWildcard(hostname) ? canonicalAddress(hostname) : hostname;
    if (speaksNtp({ protocol }) && !listeners.has(key)) {
      listeners.set(key, { hostname, port, ntpPort });
    }
  }
  // The one of all IPv6 addresses may take IPv4 as well: see KeyExchange.listen().
  const isDual = ([key]: [string, unknown]): number => key === "::" ? 0 : 1;
  return [...listeners].toSorted((a, b) => isDual(a) - isDual(b)).map(([, each]) => each);
}
