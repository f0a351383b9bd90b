/** Replies whose time is this server's own: it must not follow itself, however long the way round. */
import type { ClockStatus } from "../../clock/status.ts";
import type { NtpPacket } from "../../protocols/ntp/packet.ts";
import { toNtpSeconds } from "../../protocols/ntp/timestamp.ts";
import { type AddressFamily, addressFamily } from "../../system/address.ts";
import { referenceIdOf } from "./reference_id.ts";

/** The step of a root delay on the wire, in seconds (RFC 5905 §6). */
const STEP_SECONDS = 2 ** -16;

/** The page has the reference time in whole seconds, and may have been written anew since the reply. */
const MAX_REFERENCE_SECONDS = 2;

/** Stratum 1 has names as reference ids, which may look like an address. */
const MIN_FOLLOWING_STRATUM = 2;

/** A server that follows one that follows others: the hashes of IPv6 addresses are needed for no other. */
const MIN_LOOP_STRATUM = 3;

/** The reference ids of the servers that follow this one. */
export class OwnIds {
  readonly #addresses: readonly string[];
  readonly #ports: readonly number[];
  readonly #ids = new Map<AddressFamily, Promise<ReadonlySet<number>>>();

  /** @param addresses Those of this server, with its ports */
  constructor(addresses: Iterable<string>, ports: readonly number[]) {
    this.#addresses = [...addresses];
    this.#ports = ports;
  }

  /** Whether a server follows this one, as its reference id shows: over either IP version, whichever leads to it. */
  async isFollower({ stratum, referenceId }: NtpPacket): Promise<boolean> {
    if (stratum < MIN_FOLLOWING_STRATUM) return false;
    if ((await this.#idsOf(4)).has(referenceId)) return true;
    return stratum >= MIN_LOOP_STRATUM && (await this.#idsOf(6)).has(referenceId);
  }

  #idsOf(family: AddressFamily): Promise<ReadonlySet<number>> {
    let ids = this.#ids.get(family);
    if (ids === undefined) this.#ids.set(family, ids = this.#compute(family));
    return ids;
  }

  async #compute(family: AddressFamily): Promise<ReadonlySet<number>> {
    const own = this.#addresses.filter((each) => addressFamily(each) === family);
    const ids = own.flatMap((address) => this.#ports.map((port) => referenceIdOf(address, port)));
    return new Set(await Promise.all(ids));
  }
}

/** Whether a reply has the status of this very server, as over an address that it does not know to be its own. */
export function isOwnStatus(packet: NtpPacket, own: ClockStatus): boolean {
  const reference = Number(packet.referenceTimestamp >> 32n) - toNtpSeconds(own.referenceSeconds);
  return packet.stratum === own.stratum && packet.referenceId === own.referenceId >>> 0 &&
    Math.abs(packet.rootDelay - own.rootDelaySeconds) <= STEP_SECONDS &&
    Math.abs(reference | 0) <= MAX_REFERENCE_SECONDS;
}
