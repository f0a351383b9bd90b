import { addressFamily, isLoopback } from "../../system/address.ts";
import { parseIpWords } from "../../text/ip_words.ts";
import { parseReferenceId } from "../../text/reference_id.ts";
import { NTP_PORT } from "../../protocols/ntp/packet.ts";

/**
 * The reference id of a server that follows this address (RFC 5905 §7.3): itself, or a part of its hash. Servers
 * beside each other on one machine all have the same one on loopback: there the port distinguishes them.
 */
export async function referenceIdOf(address: string, port = NTP_PORT): Promise<number> {
  const hasPort = isLoopback(address) && port !== NTP_PORT;
  if (addressFamily(address) === 4) {
    const id = parseReferenceId(address);
    return hasPort ? (id & 0xff0000ff | port << 8) >>> 0 : id;
  }
  const words = new Uint32Array(4);
  parseIpWords(address, words);
  const octets = new DataView(new ArrayBuffer(hasPort ? 18 : 16));
  words.forEach((word, i) => octets.setUint32(4 * i, word));
  if (hasPort) octets.setUint16(16, port);
  // A static import would be loaded at each start of the executable, whose modules are one: 15 ms and 8 MB.
  const { createHash } = await import("node:crypto");
  const digest = createHash("md5").update(new Uint8Array(octets.buffer)).digest();
  return new DataView(digest.buffer, digest.byteOffset).getUint32(0);
}
