import type { ProtocolRecord } from "../protocol.ts";
import type { TextReply } from "../reply.ts";
import { ASCTIME_REQUEST, looksLikeAsctime, parseAsctime } from "./parse.ts";

/**
 * The time as the C library's `asctime` writes it, `Fri Apr  3 21:09:36 2020`:
 *
 * ```text
 * Www Mmm dd hh:mm:ss yyyy      24 octets for the years 1000 to 9999
 * ```
 *
 * English names in any locale, the day padded with a space, no zone, no line end. No RFC describes
 * it; any datagram is a request. The port is this project's own.
 */
export const asctime: ProtocolRecord<TextReply> = {
  label: "text",
  port: 8888,
  isSpokenByAuto: true,
  createRequest: () => ({ octets: new TextEncoder().encode(ASCTIME_REQUEST) }),
  read({ request: _request, octets, ...reply }): TextReply {
    return { protocol: "asctime", ...parseAsctime(octets), ...reply, hasTime: true, warnings: [] };
  },
  looksLikeReply: looksLikeAsctime,
  loadWireFormat: () => import("./fields.ts").then(({ asctimeFormat }) => asctimeFormat),
};
