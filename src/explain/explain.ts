import type {
  ExchangeVariant,
  MatchTest,
  ProtocolRecord,
  RawReply,
} from "../protocols/protocol.ts";
import { encodeKeyExchangeRequest, keyExchangeFields } from "../protocols/ntp/nts/records.ts";
import { protocols } from "../protocols/registry.ts";
import type { ReplyBase } from "../protocols/reply.ts";
import { listCalculation } from "./calculation.ts";
import type { Explanation, SeenExchange } from "./explanation.ts";
import { Tests } from "./tests.ts";
import { wireFormats } from "./wire_formats.ts";

const NO_OCTETS = new Uint8Array();

/** About a microsecond: the precision of timestamps in captures, and of most machines. */
const ASSUMED_PRECISION = -20;

/**
 * Explains an exchange, whatever its octets: every field, every test that the reply must pass, and
 * the measurement. It never throws.
 *
 * @param seen The exchange: {@linkcode recordExchange} makes one, {@linkcode fromCapture} reads one
 * @returns The explanation, for people or programs
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { explain } from "@timesrv/timesrv/explain";
 *
 * const { reply, tests } = explain({
 *   protocol: "time",
 *   request: new Uint8Array(),
 *   reply: Uint8Array.fromHex("83aa7e80"),
 *   pivot: Temporal.Now.instant(),
 * });
 * assertEquals(reply?.map(({ meaning }) => meaning), ["2208988800 = 1970-01-01T00:00:00Z"]);
 * assertEquals(tests.map(({ result }) => result), ["unknown", "passed"]);
 * ```
 */
export function explain(seen: SeenExchange): Explanation {
  const { protocol, request, reply: octets, pivot, times, keys } = seen;
  const format = wireFormats[protocol];
  const sent = {
    ...(seen.nts?.answer && { keyExchange: explainKeyExchange(seen.nts.answer) }),
    ...(request && { request: format.requestFields(request, pivot, keys) }),
  };
  if (octets === undefined) return { protocol, ...sent, tests: [] };
  const tests = new Tests();
  const variant = request && format.variantOf?.(request, octets);
  const reply = readTested(seen, octets, tests, variant?.unmeasured);
  const { localPrecision = ASSUMED_PRECISION } = seen;
  const measurement = reply?.hasTime && variant?.unmeasured === undefined
    ? format.measure(reply, times, localPrecision)
    : undefined;
  return {
    protocol,
    ...(variant && { variant: describe(variant) }),
    ...sent,
    reply: format.replyFields(octets, pivot, keys),
    ...tests.outcome,
    ...(measurement && { measurement }),
    ...(measurement?.offset !== undefined && { calculation: listCalculation(measurement) }),
  };
}

function explainKeyExchange(answer: Uint8Array): Explanation["keyExchange"] & object {
  return {
    request: keyExchangeFields(encodeKeyExchangeRequest()),
    answer: keyExchangeFields(answer),
  };
}

function describe({ name, unmeasured }: ExchangeVariant): string {
  return unmeasured === undefined ? name : `${name}: ${unmeasured}`;
}

/** The session that made the request has the keys: it has tested the reply. */
const ntsTest: MatchTest = {
  name: "its NTS authenticator is right",
  source: "RFC 8915 §5.7",
  keyOf: () => undefined,
  rejection: () => undefined,
};

/** Reads a reply as a client does, test by test; undefined if it cannot be read. */
function readTested(
  seen: SeenExchange,
  octets: Uint8Array,
  tests: Tests,
  unmeasured: string | undefined,
): ReplyBase | undefined {
  const { protocol, request = NO_OCTETS, times, keys } = seen;
  const { localPrecision = ASSUMED_PRECISION } = seen;
  const { read, matchTests = [], trustTests = [] }: ProtocolRecord = protocols[protocol];
  const { formTest, senderSource } = wireFormats[protocol];
  tests.testSender(seen, senderSource);
  for (const test of matchTests) {
    const key = test.keyOf?.(request);
    if (test.keyOf && key === undefined) continue;
    if (seen.request === undefined && test.canCompare) tests.skip(test, "the request is not known");
    else if (test.canCompare?.(request) === false) tests.skip(test, "the request is too short");
    else if (key !== undefined && !keys?.has(key)) tests.skip(test, "the key is not known");
    else tests.testMatch(test, () => test.rejection(octets, request, keys), test === matchTests[0]);
  }
  const { nts } = seen;
  if (nts) tests.testMatch(ntsTest, () => nts.problem, false);
  if (!tests.isGood) tests.end("it is not the reply to the request");
  let reply: ReplyBase | undefined;
  const readOctets = (): void => {
    reply = read(toRawReply(seen, octets), { localPrecision, isTimed: times !== undefined });
  };
  if (formTest) tests.testForm(formTest, readOctets);
  else if (tests.isGood) readOctets();
  for (const test of trustTests) {
    if (test.checksTimestamps && unmeasured !== undefined) tests.skip(test, unmeasured);
    else if (!reply || test.needsTimes && !times) tests.skip(test, "T1 and T4 are not known");
    else tests.testTrust(test, reply);
  }
  return reply;
}

/** The exchange as a client has it; times that are not known must not be used. */
function toRawReply(
  { request = NO_OCTETS, times, pivot }: SeenExchange,
  octets: Uint8Array,
): RawReply {
  const { sentAt, receivedAt } = times ?? { sentAt: pivot, receivedAt: pivot };
  return {
    url: "",
    request,
    octets,
    from: { transport: "udp", hostname: "", port: 0 },
    sentAt,
    receivedAt,
    roundTrip: receivedAt.since(sentAt),
  };
}
