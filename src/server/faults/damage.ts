/** Keeps servers whose faults damage replies from answering each other's damaged replies forever. */
import { mode } from "../../protocols/ntp/packet.ts";
import { hasReplyTimes } from "../../protocols/ntp/reply_form.ts";
import { ntpRefusal, refuseAuthentication } from "../../protocols/ntp/service.ts";
import { findMac, isNtsRequest } from "../../protocols/ntp/trailer.ts";
import { isPrintable } from "../../protocols/octets.ts";
import { looksLikeReply } from "../../protocols/services.ts";
import { hasTimeForm } from "../../protocols/time/parse.ts";

/**
 * How the texts of all services begin: asctime, then Daytime in each of its formats. A stands for any capital,
 * a for any small letter, 0 for any digit.
 */
const beginnings = ["Aaa Aaa", "Aaa, 00", "0000-00-00", "+000000-", "-000000-", "\n00000 "];

const LINE_FEED = 0x0a;
const REPLY_MODES: readonly number[] = [mode.symmetricPassive, mode.server];

/**
 * Whether a datagram is a request that clients send and that is no part of a reply: nothing, zeros, a text
 * unlike those of a server, or an NTP request whose times are not those of a reply.
 *
 * Faults damage the reply to such a request only, and no damaged reply that passes for one is sent. So any
 * reply to a damaged reply is whole, and gets none itself.
 */
export function passesForRequest(octets: Uint8Array): boolean {
  if (looksLikeReply(octets) || hasTimeForm(octets)) return false;
  if (octets.every((octet) => octet === 0)) return true;
  if (!isPrintable(octets)) return isNtpRequest(octets) && !hasReplyTimes(octets);
  // Somebody who tries a server by hand sends an empty line.
  if (octets[octets.length - 1] === LINE_FEED && octets.length <= 2) return true;
  // All that is left of an NTP reply may be its first octet, which ends in the mode.
  if (octets.length === 1 && REPLY_MODES.includes((octets[0] as number) & 7)) return false;
  const text = String.fromCharCode(...octets.subarray(0, 16));
  const shape = text.replace(/[A-Z]/g, "A").replace(/[a-z]/g, "a").replace(/\d/g, "0");
  return !beginnings.some((each) => each.startsWith(shape.slice(0, each.length)));
}

/** Whether some server answers it with NTP: one that has keys answers MACs, or NTS. */
function isNtpRequest(octets: Uint8Array): boolean {
  const refused = ntpRefusal(octets, 0);
  return refused === undefined ||
    refused === refuseAuthentication && (findMac(octets) > 0 || isNtsRequest(octets));
}
