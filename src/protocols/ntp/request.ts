import { type Refusal, refusal } from "../responder.ts";
import { field, mode, NTP_HEADER_LENGTH } from "./packet.ts";
import { readTrailer } from "./trailer.ts";

const refuseMalformed = refusal("malformed");
const refuseVersion = refusal("version");
const refuseMode = refusal("mode");
export const refuseAuthentication = refusal("authentication");

const NTP_PORT = 123;

/** Why a datagram gets no NTP reply, cheapest test first; undefined if it gets one. */
export function ntpRefusal(request: Uint8Array, sourcePort: number): Refusal | undefined {
  if (request.length < NTP_HEADER_LENGTH || request.length % 4 !== 0) return refuseMalformed;
  const flags = request[field.flags] as number;
  const version = flags >> 3 & 7;
  // A later version has another layout: a reply in this one would be garbage to its client.
  if (version === 0 || version > 4) return refuseVersion;
  if (!isRequest(version, flags & 7, sourcePort)) return refuseMode;
  const trailer = readTrailer(request, version);
  if (trailer === "none") return undefined;
  return trailer === "malformed" ? refuseMalformed : refuseAuthentication;
}

/** Version 1 had no mode: a client's first octet is 8, and its port is not the server's. */
function isRequest(version: number, requestMode: number, sourcePort: number): boolean {
  if (requestMode === mode.client || requestMode === mode.symmetricActive) return true;
  return requestMode === mode.reserved && version === 1 && sourcePort !== NTP_PORT;
}

export function replyMode(requestMode: number): number {
  return requestMode === mode.symmetricActive ? mode.symmetricPassive : mode.server;
}
