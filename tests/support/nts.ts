/** Requests by NTS of any form, written without the code under test. */
import type { AesSiv } from "../../src/crypto/aes_siv.ts";
import { ntpRequest } from "../../src/protocols/ntp/protocol.ts";

/** A field: its type and its body, whose octets are a multiple of four. */
export type NtsField = readonly [type: number, body: Uint8Array];

export interface SealOptions {
  /** @default {16} */
  readonly nonceLength?: number;
  /** Octets behind the seal, within its field; a multiple of four. */
  readonly padding?: number;
}

const u16 = (number: number): number[] => [number >> 8, number & 0xff];

/** A request with any fields before its authenticator, sealed rightly. */
export function sealFields(
  c2s: AesSiv,
  fields: readonly NtsField[],
  { nonceLength = 16, padding = 0 }: SealOptions = {},
): Uint8Array<ArrayBuffer> {
  const before = [...ntpRequest().octets];
  for (const [type, body] of fields) before.push(...u16(type), ...u16(4 + body.length), ...body);
  const nonce = new Uint8Array(nonceLength).fill(9);
  const tag = c2s.seal(new Uint8Array(), [Uint8Array.from(before), nonce]);
  const filler = new Uint8Array(-nonceLength & 3);
  const body = [
    ...u16(nonceLength),
    ...u16(16),
    ...nonce,
    ...filler,
    ...tag,
    ...new Uint8Array(padding),
  ];
  return Uint8Array.from([...before, ...u16(0x0404), ...u16(4 + body.length), ...body]);
}
