import type { ProtocolRecord } from "../protocol.ts";
import type { TextReply } from "../reply.ts";
import { ASCTIME_REQUEST, looksLikeAsctime, parseAsctime } from "./codec.ts";

/** Text as the C library's `asctime` writes it; the port is this project's own. */
export const asctime: ProtocolRecord<TextReply> = {
  port: 8888,
  isSpokenByAuto: true,
  createRequest: () => ({ octets: new TextEncoder().encode(ASCTIME_REQUEST) }),
  read({ request: _request, octets, ...reply }): TextReply {
    return { protocol: "asctime", ...parseAsctime(octets), ...reply, hasTime: true, warnings: [] };
  },
  looksLikeReply: looksLikeAsctime,
  loadService: () => import("./service.ts").then(({ asctimeResponder }) => asctimeResponder),
  loadWireFormat: () => import("./fields.ts").then(({ asctimeFormat }) => asctimeFormat),
};
