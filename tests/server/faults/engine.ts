/** Faults without a server: requests from an address, at a time of the test's own. */
import { Faults } from "../../../src/server/faults/faults.ts";
import type { FaultName, FaultsOptions } from "../../../src/server/faults/options.ts";
import { parseIpWords } from "../../../src/text/ip_words.ts";
import { field, NTP_HEADER_LENGTH } from "../../../src/protocols/ntp/packet.ts";
import type { Source } from "../../../src/transports/exchange.ts";

export function sourceOf(hostname: string): Source {
  return {
    transport: "udp",
    hostname,
    port: 1234,
    readAddress: (words) => parseIpWords(hostname, words),
  };
}

const anybody = sourceOf("192.0.2.1");

/** An NTP request with a number in its transmit timestamp. */
export function ntpRequest(number: number): Uint8Array {
  const octets = new Uint8Array(NTP_HEADER_LENGTH);
  octets[field.flags] = 0x23;
  new DataView(octets.buffer).setUint32(field.transmitTimestamp, number);
  return octets;
}

/** Feeds requests to faults. */
export class Engine {
  readonly faults: Faults;
  nowMs = 1000;

  constructor(options: FaultsOptions, seed = 868) {
    this.faults = new Faults(options, seed, () => this.nowMs);
  }

  /** The names of the faults of the next request. */
  next(source: Source = anybody): FaultName[] {
    return this.faults.next(source).map(({ rule }) => rule.name);
  }

  /** Which of the next `count` requests a fault applies to, counted from 1. */
  hits(name: FaultName, count: number, source: Source = anybody): number[] {
    const hits: number[] = [];
    for (let n = 1; n <= count; n++) if (this.next(source).includes(name)) hits.push(n);
    return hits;
  }
}
