import { protocols } from "./registry.ts";

const forms = [...new Set(Object.values(protocols).map(({ looksLikeReply }) => looksLikeReply))];

/** Whether a service of this server, or one like it, would send this datagram, whatever time its clock shows. */
export function looksLikeReply(octets: Uint8Array): boolean {
  for (let i = 0; i < forms.length; i++) {
    if (forms[i]?.(octets)) return true;
  }
  return false;
}
