import { eraPivot } from "../ntp/timestamp.ts";
import type { ProtocolRecord } from "../protocol.ts";
import type { TextReply } from "../reply.ts";
import { looksLikeDaytime, parseDaytime } from "./parse.ts";

/** The Daytime protocol (RFC 867): any datagram is a request, the reply a line of ASCII of no prescribed form. */
export const daytime: ProtocolRecord<TextReply> = {
  label: "Daytime",
  port: 13,
  createRequest: () => ({ octets: new Uint8Array() }),
  read({ request: _request, octets, ...reply }): TextReply {
    const { offset, ...reading } = parseDaytime(octets, eraPivot(reply.receivedAt));
    const utcOffset = offset !== undefined && { utcOffset: offset };
    return { protocol: "daytime", ...reading, ...utcOffset, ...reply, hasTime: true, warnings: [] };
  },
  keys: ["utc_offset"],
  toJson: ({ utcOffset }) => utcOffset === undefined ? {} : { utc_offset: utcOffset },
  looksLikeReply: looksLikeDaytime,
  loadWireFormat: () => import("./fields.ts").then(({ daytimeFormat }) => daytimeFormat),
};
