/** Explains an exchange from its octets alone: no socket, no clock. */
import { parseAsctime } from "../protocols/asctime/codec.ts";
import { parseDaytime } from "../protocols/daytime/codec.ts";
import { DecodeError } from "../protocols/decode_error.ts";
import type { RawReply } from "../protocols/protocol.ts";
import { readSeconds } from "../protocols/time/client.ts";
import type { Explanation, Measurement, SeenExchange, WireField } from "./explanation.ts";
import { explainNtp } from "./explain_ntp.ts";
import { asctimeFields, daytimeFields, plainRequestFields, timeFields } from "./plain_fields.ts";
import { rawOf } from "./raw.ts";
import { Tests } from "./tests.ts";

/**
 * Explains an exchange, whatever its octets: every field, every test that the reply has to pass, and
 * what it measures. It never throws.
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
  if (seen.protocol === "ntp") return explainNtp(seen);
  const { protocol, request, reply, pivot } = seen;
  if (reply === undefined) return { protocol, request: plainRequestFields(request), tests: [] };
  const tests = new Tests();
  tests.testSender(seen);
  const { source, name, fields, read } = services[protocol];
  let measurement: Measurement | undefined;
  tests.test({ name, source }, () => {
    try {
      measurement = read(rawOf(seen, reply), seen.times !== undefined);
      return undefined;
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      return {
        reason: "not-a-time",
        message: `The reply is ${error.message}`,
        detail: "it is not",
      };
    }
  });
  return {
    protocol,
    request: plainRequestFields(request),
    reply: fields(reply, pivot),
    ...tests.outcome,
    ...(measurement && { measurement }),
  };
}

interface Service {
  /** What its one test is called. */
  readonly name: string;
  readonly source: string;
  fields(octets: Uint8Array, pivot: Temporal.Instant): WireField[];
  /** @throws {DecodeError} If the octets are no time */
  read(raw: RawReply, isTimed: boolean): Measurement | undefined;
}

const services: Readonly<Record<"asctime" | "daytime" | "time", Service>> = {
  asctime: {
    name: "a date and time in the form of asctime()",
    source: "C11 §7.27.3.1",
    fields: asctimeFields,
    read(raw, isTimed): Measurement | undefined {
      parseAsctime(raw.octets);
      return isTimed ? exchangeOf(raw) : undefined;
    },
  },
  daytime: {
    name: "one printable line, of a form in use",
    source: "RFC 867",
    fields: daytimeFields,
    read(raw, isTimed): Measurement | undefined {
      parseDaytime(raw.octets, raw.receivedAt);
      return isTimed ? exchangeOf(raw) : undefined;
    },
  },
  time: {
    name: "4 octets, or 8 of which the rest is zero",
    source: "RFC 868",
    fields: timeFields,
    read(raw, isTimed): Measurement {
      const { time, offset, errorBound } = readSeconds(raw);
      if (!isTimed) return { times: { t3: time } };
      return {
        times: { t1: raw.sentAt, t3: time, t4: raw.receivedAt },
        offset: nanosecondsOf(offset),
        errorBound: nanosecondsOf(errorBound),
      };
    },
  },
};

/** What there is to be measured of a text: how long it took. */
function exchangeOf({ sentAt, receivedAt }: RawReply): Measurement {
  return { times: { t1: sentAt, t4: receivedAt } };
}

function nanosecondsOf(duration: Temporal.Duration): bigint {
  return BigInt(Math.round(duration.total("nanoseconds")));
}
