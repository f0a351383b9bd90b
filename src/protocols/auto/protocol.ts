import { asctime } from "../asctime/protocol.ts";
import type { ProtocolRecord } from "../protocol.ts";
import type { TextReply } from "../reply.ts";

/** Text and NTP on one port. Clients query it in text, which all servers on such a port understand. */
export const auto: ProtocolRecord<TextReply> = {
  ...asctime,
  loadService: () =>
    import("./service.ts").then(({ autoResponder }) => (options) => autoResponder(options)),
};
