/** Octets and numbers in network order, for paths that must not allocate a `DataView` per datagram. */

/** Writes the low 32 bits of a whole number. */
export function putUint32(octets: Uint8Array, at: number, value: number): void {
  octets[at] = value >>> 24;
  octets[at + 1] = value >>> 16;
  octets[at + 2] = value >>> 8;
  octets[at + 3] = value;
}

/** Writes the low 16 bits of a whole number. */
export function putUint16(octets: Uint8Array, at: number, value: number): void {
  octets[at] = value >>> 8;
  octets[at + 1] = value;
}

export function getUint16(octets: Uint8Array, at: number): number {
  return (octets[at] as number) << 8 | (octets[at + 1] as number);
}

export function getUint32(octets: Uint8Array, at: number): number {
  return ((octets[at] as number) << 24 | (octets[at + 1] as number) << 16 |
    (octets[at + 2] as number) << 8 | (octets[at + 3] as number)) >>> 0;
}

export function viewOf({ buffer, byteOffset, length }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, length);
}

/** Printable ASCII, tabs and line ends; nothing at all is text, too. */
export function isPrintable(octets: Uint8Array): boolean {
  for (let i = 0; i < octets.length; i++) {
    const octet = octets[i] as number;
    const isText = octet >= 0x20 && octet < 0x7f || octet >= 0x09 && octet <= 0x0d;
    if (!isText) return false;
  }
  return true;
}
