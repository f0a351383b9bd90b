import type { ProtocolRecord, WireFormat } from "../protocols/protocol.ts";
import { protocols, type WireProtocol, wireProtocols } from "../protocols/registry.ts";

/** The wire format of each protocol, loaded with this module alone: a plain query needs none of them. */
export const wireFormats = Object.fromEntries(
  await Promise.all(wireProtocols.map(async (name) => {
    const record: ProtocolRecord = protocols[name];
    return [name, await record.loadWireFormat()] as const;
  })),
) as Readonly<Record<WireProtocol, WireFormat>>;
