/** A server that follows others, on a simulated network and under fake time. */
import type { UnixTime } from "../../src/clock/clock.ts";
import { splitNs } from "../../src/clock/line.ts";
import type { RawBase } from "../../src/clock/kernel_clocks.ts";
import { ServedTime } from "../../src/clock/served_time.ts";
import type { Network } from "../../src/client/network.ts";
import type { DatagramConnection } from "../../src/transports/connect_datagram.ts";
import type { ClockStatus } from "../../src/clock/status.ts";
import type { UpstreamOptions } from "../../src/server/upstreams/options.ts";
import type { NtpPacket } from "../../src/protocols/ntp/packet.ts";
import { toTimestamp } from "../../src/protocols/ntp/timestamp.ts";
import { Upstreams } from "../../src/server/upstreams/upstreams.ts";
import { FakeNetwork } from "./fake_network.ts";
import { ntpReply } from "./scripted_server.ts";

const START = "2026-03-01T12:00:00Z";

/** A raw clock: behind or fast, and it may stand still while the time of the servers goes on. */
class FakeRaw implements RawBase {
  readonly origin = undefined;
  readonly #network: FakeNetwork;
  /** Its gain on the truth, in seconds per second. */
  readonly #rate: number;
  readonly #behindSeconds: number;
  readonly #startNs: bigint;
  #sleeps = 0;

  constructor(network: FakeNetwork, behindSeconds: number, rate: number) {
    this.#network = network;
    this.#startNs = network.timers.now().epochNanoseconds;
    this.#behindSeconds = behindSeconds;
    this.#rate = rate;
  }

  readonly clock = {
    read: (time: UnixTime): void => {
      const ms = this.#network.timers.monotonicMs();
      const ahead = ms / 1000 * this.#rate - this.#behindSeconds;
      const ns = this.#startNs +
        BigInt(Math.round(ms * 1e6)) + BigInt(Math.round(ahead * 1e9));
      Object.assign(time, splitNs(ns));
    },
  };

  /** The machine stands still, and its clock with it. */
  sleep(seconds: number, isKnown = true): void {
    this.#network.timers.aheadMs += seconds * 1000;
    if (isKnown) this.#sleeps++;
  }

  hasSlept(): boolean {
    const hasSlept = this.#sleeps > 0;
    this.#sleeps = 0;
    return hasSlept;
  }
}

interface FollowingOptions {
  /** The lag of its own clock, and its gain on the truth, in seconds per second. */
  readonly behindSeconds?: number;
  readonly rate?: number;
  readonly start?: string;
  /** One that it shares with others; its own without it. */
  readonly network?: FakeNetwork;
  /** The lead of the system's clock over the truth, in milliseconds, by the time that has passed. */
  readonly systemAheadMs?: (ms: number) => number;
}

/** A server that follows others, on a simulated network. */
export class Following implements AsyncDisposable {
  readonly network: FakeNetwork;
  readonly raw: FakeRaw;
  readonly lines: string[] = [];
  readonly upstreams: Upstreams;
  readonly time: ServedTime;

  constructor(
    options: UpstreamOptions,
    { behindSeconds = 0, rate = 0, start = START, network, systemAheadMs = () => 0 }:
      FollowingOptions = {},
  ) {
    this.network = network ?? new FakeNetwork(start);
    this.raw = new FakeRaw(this.network, behindSeconds, rate);
    this.upstreams = new Upstreams(options, {
      log: {
        warning: (message) => this.lines.push(`Warning: ${message}`),
        upstream: (message) => this.lines.push(message),
      },
      network: withSystemClock(this.network, systemAheadMs),
      raw: this.raw,
    });
    this.time = new ServedTime({
      ...{ base: this.upstreams.base, clock: {}, status: {}, precision: -20 },
      timers: this.network.timers,
      openSource: this.upstreams.open,
    });
  }

  start(ownAddresses: string[] = [], port = 123): void {
    this.upstreams.start(new Set(ownAddresses), [{ port }]);
  }

  /** Serves others on its network. */
  serveOn(url: string): void {
    this.network.serve(url, ({ octets }) => ntpReply(octets, this.fields, this.time.now()));
  }

  /** The fields of its replies. */
  get fields(): Partial<NtpPacket> {
    const { leap, stratum, referenceId, referenceSeconds, ...status } = this.status;
    const served = this.time.now().epochMilliseconds / 1000;
    return {
      ...{ leap, stratum, referenceId, rootDelay: status.rootDelaySeconds },
      rootDispersion: status.rootDispersionSeconds +
        (served - referenceSeconds) * status.dispersionRate,
      referenceTimestamp: toTimestamp(
        Temporal.Instant.fromEpochMilliseconds(referenceSeconds * 1000),
      ),
    };
  }

  async pass(seconds: number): Promise<void> {
    for (let left = seconds; left > 0; left -= 600) {
      await this.network.run(this.network.timers.sleep(Math.min(left, 600) * 1000));
    }
  }

  get states(): string[] {
    return this.upstreams.list().map(({ state }) => state);
  }

  /** The served time minus the truth, in seconds. */
  get error(): number {
    const truth = this.network.timers.now();
    return Number(this.time.now().epochNanoseconds - truth.epochNanoseconds) / 1e9;
  }

  get status(): ClockStatus {
    const now = splitNs(this.time.now().epochNanoseconds);
    return this.time.clock.toServed(now);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.network.run(this.upstreams.shutdown());
    this.time[Symbol.dispose]();
  }
}

/** A network whose machine's clock is set and slewed, and stamps arrivals. */
function withSystemClock(network: FakeNetwork, aheadMs: (ms: number) => number): Network {
  const { timers } = network;
  const toSystem = (at: Temporal.Instant): Temporal.Instant =>
    at.add({ nanoseconds: Math.round(aheadMs(timers.monotonicMs()) * 1e6) });
  return {
    timers: {
      now: () => toSystem(timers.now()),
      monotonicMs: () => timers.monotonicMs(),
      sleep: (ms, signal) => timers.sleep(ms, signal),
      timeout: (ms) => timers.timeout(ms),
      every: (ms, tick) => timers.every(ms, tick),
    },
    resolve: (hostname) => network.resolve(hostname),
    isClosed: (hostname, port) => network.isClosed(hostname, port),
    async connect(to): Promise<DatagramConnection> {
      const connection = await network.connect(to);
      const read = connection.receivedAt?.bind(connection);
      return Object.assign(connection, {
        receivedAt(): Temporal.Instant | undefined {
          const at = read?.();
          return at && toSystem(at);
        },
      });
    },
  };
}
