/** Explains an exchange of NTP. */
import { NTP_HEADER_LENGTH } from "../../protocols/ntp/packet.ts";
import { measureNtp } from "../ntp.ts";
import { workOut } from "../ntp_measurement.ts";
import { belongingTests, MAX_ROOT_DISTANCE_SECONDS, trustTests } from "../ntp_tests.ts";
import type { NtpReply } from "../reply.ts";
import type { Explanation, Measurement, SeenExchange } from "./explanation.ts";
import { ntpFields } from "./ntp_fields.ts";
import { rawOf } from "./raw.ts";
import { Tests } from "./tests.ts";

/** About a microsecond: what a capture's timestamps, and most machines, tell apart. */
const ASSUMED_PRECISION = -20;

/** Explains it, whatever its octets. */
export function explainNtp(seen: SeenExchange): Explanation {
  const { protocol, request, reply, pivot, localPrecision = ASSUMED_PRECISION } = seen;
  const requestFields = ntpFields(request, pivot);
  if (reply === undefined) return { protocol, request: requestFields, tests: [] };
  const tests = new Tests();
  tests.testSender(seen);
  for (const test of belongingTests) {
    // The last of them compares the two.
    if (test === belongingTests.at(-1) && request.length < NTP_HEADER_LENGTH) {
      tests.skip(test, "the request is no NTP packet");
      continue;
    }
    tests.test(test, () => {
      const why = test.whyIgnored(reply, request);
      return why === undefined ? undefined : {
        reason: "bogus-reply",
        message: `The reply does not belong to the request: ${why}`,
        detail: why,
      };
    });
  }
  const isReply = tests.isGood;
  const measured = isReply
    ? { ...measureNtp(rawOf(seen, reply), localPrecision), url: "" }
    : undefined;
  for (const test of trustTests) {
    if (!measured || test.needsTimes && !seen.times) {
      tests.skip(test, "T1 and T4 are not known");
      continue;
    }
    tests.test(test, () => {
      const failure = test.failure(measured, MAX_ROOT_DISTANCE_SECONDS);
      return failure && {
        reason: failure.reason,
        message: `The server ${failure.message}`,
        detail: failure.message,
      };
    });
  }
  const measurement = measured && measurementOf({ ...seen, localPrecision }, measured);
  return {
    protocol,
    request: requestFields,
    reply: ntpFields(reply, pivot),
    ...tests.outcome,
    ...(measurement && { measurement }),
  };
}

/** Nothing of a kiss-o'-death, whose timestamps are none, and of one that tells no time. */
function measurementOf(
  { times, localPrecision }: Pick<SeenExchange, "times"> & { readonly localPrecision: number },
  { packet, serverReceivedAt: t2, serverSentAt: t3 }: NtpReply,
): Measurement | undefined {
  const { stratum, receiveTimestamp, transmitTimestamp } = packet;
  if (stratum === 0 || receiveTimestamp === 0n || transmitTimestamp === 0n) return undefined;
  if (!times) return { times: { t2, t3 } };
  const ntp = workOut({ ...times, packet, localPrecision });
  return {
    times: { t1: times.sentAt, t2, t3, t4: times.receivedAt },
    ntp,
    offset: ntp.offset,
    errorBound: ntp.errorBound,
  };
}
