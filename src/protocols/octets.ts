/** Numbers in network order, for paths that must not allocate a `DataView` per datagram. */

/** Writes the low 32 bits of a whole number. */
export function putUint32(octets: Uint8Array, at: number, value: number): void {
  octets[at] = value >>> 24;
  octets[at + 1] = value >>> 16;
  octets[at + 2] = value >>> 8;
  octets[at + 3] = value;
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
