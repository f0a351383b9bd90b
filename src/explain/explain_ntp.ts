/** Explains an exchange of NTP. */
import { NTP_HEADER_LENGTH } from "../protocols/ntp/packet.ts";
import { measureNtp } from "../protocols/ntp/client.ts";
import { workOut } from "../protocols/ntp/measurement.ts";
import { matchTests, MAX_ROOT_DISTANCE_SECONDS, trustTests } from "../protocols/ntp/tests.ts";
import type { NtpReply } from "../protocols/reply.ts";
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
  for (const test of matchTests) {
    const isOfLength = test === matchTests[0];
    // The last of them compares the two.
    if (test === matchTests.at(-1) && request.length < NTP_HEADER_LENGTH) {
      tests.skip(test, "the request is no NTP packet");
      continue;
    }
    tests.test(test, () => {
      const why = test.rejection(reply, request);
      return why === undefined ? undefined : {
        reason: "bogus-reply",
        message: `The reply does not belong to the request: ${why}`,
        detail: why,
        leaves: isOfLength ? "there is no packet to be looked at" : undefined,
      };
    });
  }
  const isReply = tests.isGood;
  if (!isReply) tests.end("it is no reply to the request");
  const measured = isReply
    ? {
      ...measureNtp(rawOf(seen, reply), { localPrecision, isTimed: seen.times !== undefined }),
      url: "",
    }
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
        leaves: measured.hasTime ? undefined : "it has no time",
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

/** Nothing of a reply that has no time. */
function measurementOf(
  { times, localPrecision }: Pick<SeenExchange, "times"> & { readonly localPrecision: number },
  reply: NtpReply,
): Measurement | undefined {
  if (!reply.hasTime) return undefined;
  const { packet, serverReceivedAt: t2, serverSentAt: t3 } = reply;
  if (!times) return { times: { t2, t3 } };
  const ntp = workOut({ ...times, packet, localPrecision });
  return {
    times: { t1: times.sentAt, t2, t3, t4: times.receivedAt },
    ntp,
    offset: ntp.offset,
    errorBound: ntp.errorBound,
  };
}
