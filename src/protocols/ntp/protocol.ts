import { formatInstant } from "../../text/units.ts";
import type { ProtocolRecord } from "../protocol.ts";
import type { NtpReply } from "../reply.ts";
import { measureNtp, ntpRequest, serverTimes } from "./client.ts";
import { looksLikeNtp } from "./reply_form.ts";
import { matchTests, trustTests } from "./tests.ts";

/** NTP, versions 1 to 4 (RFC 5905). */
export const ntp: ProtocolRecord<NtpReply> = {
  label: "NTP",
  port: 123,
  hasOffset: true,
  isSpokenByAuto: true,
  createRequest: ntpRequest,
  read: measureNtp,
  matchTests,
  trustTests,
  keys: [
    "offset",
    "error_bound",
    "delay",
    "root_distance",
    "stratum",
    "reference_id",
    "leap",
    "authenticated",
  ],
  rawKeys: [
    ...["t1", "t2", "t3", "t4", "version", "mode", "poll", "precision"],
    ...["root_delay", "root_dispersion", "reference_id_hex", "reference_timestamp"],
    ...["origin_timestamp", "receive_timestamp", "transmit_timestamp"],
  ],
  toJson: (reply, raw) => ({
    ...(reply.hasTime && {
      offset: reply.offset.total("seconds"),
      error_bound: reply.errorBound.total("seconds"),
      delay: reply.delay.total("seconds"),
      root_distance: reply.rootDistance.total("seconds"),
    }),
    stratum: reply.stratum,
    reference_id: reply.referenceId,
    leap: reply.leap,
    ...(reply.authenticated !== undefined && { authenticated: reply.authenticated }),
    ...(raw && rawJson(reply)),
  }),
  looksLikeReply: looksLikeNtp,
  refusesReplies: true,
  loadWireFormat: () => import("./fields.ts").then(({ ntpFormat }) => ntpFormat),
};

function rawJson(reply: NtpReply): Record<string, unknown> {
  const { packet } = reply;
  const { t2, t3 } = serverTimes(reply);
  return {
    t1: formatInstant(reply.sentAt),
    ...(t2 && { t2: formatInstant(t2) }),
    ...(t3 && { t3: formatInstant(t3) }),
    t4: formatInstant(reply.receivedAt),
    version: packet.version,
    mode: packet.mode,
    poll: packet.poll,
    precision: packet.precision,
    root_delay: packet.rootDelay,
    root_dispersion: packet.rootDispersion,
    reference_id_hex: formatHex(packet.referenceId),
    reference_timestamp: formatHex(packet.referenceTimestamp),
    origin_timestamp: formatHex(packet.originTimestamp),
    receive_timestamp: formatHex(packet.receiveTimestamp),
    transmit_timestamp: formatHex(packet.transmitTimestamp),
  };
}

/** Formats a number of 32 bits or a timestamp of 64 with all of its digits. */
export function formatHex(value: number | bigint): string {
  return `0x${value.toString(16).padStart(typeof value === "bigint" ? 16 : 8, "0")}`;
}
