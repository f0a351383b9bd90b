import { addressFamily } from "../../system/address.ts";
import { parseIpWords } from "../../text/ip_words.ts";
import { parseReferenceId } from "../../text/reference_id.ts";

/** The reference id of a server that follows this address (RFC 5905 §7.3): itself, or a part of its hash. */
export async function referenceIdOf(address: string): Promise<number> {
  if (addressFamily(address) === 4) return parseReferenceId(address);
  const words = new Uint32Array(4);
  parseIpWords(address, words);
  const octets = new DataView(new ArrayBuffer(16));
  words.forEach((word, i) => octets.setUint32(4 * i, word));
  // A static import would be loaded at each start of the executable, whose modules are one: 15 ms and 8 MB.
  const { createHash } = await import("node:crypto");
  const digest = createHash("md5").update(new Uint8Array(octets.buffer)).digest();
  return new DataView(digest.buffer, digest.byteOffset).getUint32(0);
}
