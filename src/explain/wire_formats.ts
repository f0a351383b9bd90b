import type { ProtocolRecord, WireFormat } from "../protocols/protocol.ts";
import { protocols, type WireProtocol, wireProtocols } from "../protocols/registry.ts";

/** The wire format of each protocol, loaded with this module alone: a plain query needs none of them. */
export const wireFormats = Object.fromEntries(
  await Promise.all(wireProtocols.map(async (name) => {
    const record: ProtocolRecord = protocols[name];
    return [name, await record.loadWireFormat()] as const;
  })),
) as Readonly<Record<WireProtocol, WireFormat>>;

/**
 * Guesses the protocol of octets, where neither a URL nor a port names it.
 *
 * @param request The request; may be empty
 * @param reply The reply; may be empty
 * @returns The protocol that looks most like it
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { guessProtocol } from "@timesrv/timesrv/explain";
 *
 * const nothing = new Uint8Array();
 * assertEquals(guessProtocol(nothing, Uint8Array.fromHex("83aa7e80")), "time");
 * const text = new TextEncoder().encode("Fri Apr  3 21:09:36 2020");
 * assertEquals(guessProtocol(nothing, text), "asctime");
 * ```
 */
export function guessProtocol(request: Uint8Array, reply: Uint8Array): WireProtocol {
  // The most general form is the first in the registry.
  const found = wireProtocols.findLast((name) => wireFormats[name].resembles?.(request, reply));
  return found ?? "asctime";
}
