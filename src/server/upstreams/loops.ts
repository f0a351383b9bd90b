/** Replies whose time is this server's own: it must not follow itself, however long the way round. */
import type { ClockStatus } from "../../clock/status.ts";
import type { NtpPacket } from "../../protocols/ntp/packet.ts";
import { toNtpSeconds } from "../../protocols/ntp/timestamp.ts";
import { type AddressFamily, addressFamily, isLoopback } from "../../system/address.ts";
import { referenceIdOf } from "./reference_id.ts";

/** The step of a root delay on the wire, in seconds (RFC 5905 §6). */
const STEP_SECONDS = 2 ** -16;

/** The page has the reference time in whole seconds, and may have been written anew since the reply. */
const MAX_REFERENCE_SECONDS = 2;

/** Stratum 1 has names as reference ids, which may look like an address. */
const MIN_FOLLOWING_STRATUM = 2;

/** The reference ids of the servers that follow this one. */
export class OwnIds {
  readonly #addresses: readonly string[];
  readonly #ids = new Map<AddressFamily | undefined, ReadonlySet<number>>();

  /** @param addresses Those of this server */
  constructor(addresses: Iterable<string>) {
    // Servers beside each other on one machine, at several ports, all have the same one on loopback.
    this.#addresses = [...addresses].filter((each) => !isLoopback(each));
  }

  /** Whether a server follows this one, as its reference id shows; by the IP version of its own address. */
  async isFollower(address: string, { stratum, referenceId }: NtpPacket): Promise<boolean> {
    if (stratum < MIN_FOLLOWING_STRATUM) return false;
    const family = addressFamily(address);
    // Hashes of IPv6 addresses are computed only if there is need of them.
    let ids = this.#ids.get(family);
    if (ids === undefined) {
      const own = this.#addresses.filter((each) => addressFamily(each) === family);
      this.#ids.set(family, ids = new Set(await Promise.all(own.map(referenceIdOf))));
    }
    return ids.has(referenceId);
  }
}

/** Whether a reply has the status of this very server, as over an address that it does not know to be its own. */
export function isOwnStatus(packet: NtpPacket, own: ClockStatus): boolean {
  const reference = Number(packet.referenceTimestamp >> 32n) - toNtpSeconds(own.referenceSeconds);
  return packet.stratum === own.stratum && packet.referenceId === own.referenceId >>> 0 &&
    Math.abs(packet.rootDelay - own.rootDelaySeconds) <= STEP_SECONDS &&
    Math.abs(reference | 0) <= MAX_REFERENCE_SECONDS;
}
