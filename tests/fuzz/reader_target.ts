/** What reads a reply, given any octets: a reading, or the error that is documented. */
import {
  explanationToJson,
  formatExplanation,
  type Paint,
} from "../../src/cli/timecli/explain/report.ts";
import { outcomeToJson } from "../../src/cli/timecli/query/json.ts";
import { formatReply, formatTable } from "../../src/cli/timecli/query/report.ts";
import { AesSiv } from "../../src/crypto/aes_siv.ts";
import { explain } from "../../src/explain/explain.ts";
import { validate } from "../../src/client/query.ts";
import { measureNtp } from "../../src/protocols/ntp/protocol.ts";
import { QueryError } from "../../src/protocols/failure.ts";
import { openReply } from "../../src/protocols/ntp/nts/fields.ts";
import {
  decodeKeyExchangeAnswer,
  isWhole,
  KeyExchangeError,
} from "../../src/protocols/ntp/nts/records.ts";
import type { NtpReply } from "../../src/protocols/reply.ts";
import { parseAsctime } from "../../src/protocols/asctime/parse.ts";
import { parseDaytime } from "../../src/protocols/daytime/parse.ts";
import { DecodeError } from "../../src/protocols/decode_error.ts";
import type { Protocol, WireProtocol } from "../../src/protocols/registry.ts";
import {
  decodeNtpPacket,
  encodeNtpPacket,
  NTP_HEADER_LENGTH,
} from "../../src/protocols/ntp/packet.ts";
import { parseTime, TIME_REPLY_LENGTH } from "../../src/protocols/time/parse.ts";
import type { Scene } from "./scenes.ts";
import { hex } from "../support/services.ts";
import { count, type Problem, type Target } from "./target.ts";

/** A reader and the oracle of its readings. */
export interface Reader {
  readonly name: string;
  readonly protocol: Protocol;
  /**
   * Reads octets.
   *
   * @param pivot This machine's time
   * @param outcome Hears of what else was reached
   * @returns What is wrong with the reading
   * @throws {DecodeError} If there is none
   */
  read(
    octets: Uint8Array,
    pivot: Temporal.Instant,
    outcome: (name: string) => void,
  ): string | undefined;
}

const isOneLine = (text: string): boolean => /^[ -~…]*$/.test(text);
const isText = (text: string): boolean => /^[\n -~±µ§…]*$/.test(text);
const encoder = new TextEncoder();

const asctime: Reader = {
  name: "read-asctime",
  protocol: "asctime",
  read(octets): string | undefined {
    const { text, time } = parseAsctime(octets);
    if (!isOneLine(text)) return `the text is ${JSON.stringify(text)}`;
    const again = parseAsctime(encoder.encode(text)).time;
    return time.equals(again) ? undefined : `${time}, and again ${again}`;
  },
};

const daytime: Reader = {
  name: "read-daytime",
  protocol: "daytime",
  read(octets, pivot, outcome): string | undefined {
    const { text, time, offset } = parseDaytime(octets, pivot);
    if (!isOneLine(text)) return `the text is ${JSON.stringify(text)}`;
    const again = parseDaytime(encoder.encode(text), pivot);
    if (!time.equals(again.time) || again.offset !== offset) return `${time}, then ${again.time}`;
    if (offset === undefined) return undefined;
    outcome("read with its offset");
    return time.toZonedDateTime(offset).offset === offset ? undefined : `offset ${offset}`;
  },
};

/** Half an era, and the half of a second in which halves are the same. */
const FARTHEST_SECONDS = 2 ** 31 + 1;

const time: Reader = {
  name: "read-time",
  protocol: "time",
  read(octets, pivot): string | undefined {
    const apart = parseTime(octets, pivot).since(pivot).total("seconds");
    if (octets.length !== TIME_REPLY_LENGTH) return `${octets.length} octets were read`;
    return Math.abs(apart) <= FARTHEST_SECONDS ? undefined : `${apart} s from here`;
  },
};

const ntp: Reader = {
  name: "read-ntp",
  protocol: "ntp",
  read(octets, pivot, outcome): string | undefined {
    const header = encodeNtpPacket(decodeNtpPacket(octets));
    if (header.toHex() !== octets.subarray(0, NTP_HEADER_LENGTH).toHex()) {
      return "it reads as other";
    }
    const roundTrip = Temporal.Duration.from({ microseconds: 300 });
    const reply: NtpReply = measureNtp({
      url: "ntp://192.0.2.1:123",
      request: octets,
      octets,
      from: { transport: "udp", hostname: "192.0.2.1", port: 123 },
      sentAt: pivot,
      receivedAt: pivot.add(roundTrip),
      roundTrip,
    });
    if (reply.delay.sign <= 0 || reply.errorBound.sign <= 0) return `a delay of ${reply.delay}`;
    const error = mistrust(reply);
    outcome(error?.reason ?? "trusted");
    const target = "192.0.2.1";
    const printed = formatReply(reply, true) +
      formatTable([{ target, reply, ...(error && { error }) }]) +
      JSON.stringify(outcomeToJson({ target, reply, error }, true));
    return isText(printed) ? undefined : `it prints as ${JSON.stringify(printed)}`;
  },
};

function mistrust(reply: NtpReply): QueryError | undefined {
  try {
    validate(reply);
    return undefined;
  } catch (error) {
    if (error instanceof QueryError) return error;
    throw error;
  }
}

/** Judges one reader. */
export class ReaderTarget implements Target {
  readonly name: string;
  readonly protocol: Protocol;
  readonly outcomes = new Map<string, number>();
  readonly #reader: Reader;

  constructor(reader: Reader) {
    this.name = reader.name;
    this.protocol = reader.protocol;
    this.#reader = reader;
  }

  judge(input: Uint8Array, { arrival }: Scene): Problem | undefined {
    const pivot = Temporal.Instant.fromEpochMilliseconds(arrival.seconds * 1000);
    const octets = input.slice();
    try {
      const detail = this.#reader.read(octets, pivot, (name) => count(this.outcomes, name));
      if (detail !== undefined) return { oracle: "reads right", detail };
      count(this.outcomes, "read");
    } catch (error) {
      if (!(error instanceof DecodeError)) {
        return { oracle: "throws a DecodeError alone", detail: String(error) };
      }
      if (!isOneLine(error.message)) return { oracle: "escapes", detail: error.message };
      count(this.outcomes, "refused");
    }
    const isUntouched = octets.every((octet, i) => octet === input[i]);
    return isUntouched ? undefined : { oracle: "leaves the reply alone", detail: "it does not" };
  }
}

const WIDTH = 80;
const plain: Paint = { bold: String, dim: String, good: String, bad: String };

/** Explains the octets as the reply to themselves, which copies of an origin timestamp can be. */
function explained(protocol: WireProtocol): Reader {
  return {
    name: `read-explained-${protocol}`,
    protocol,
    read(octets, pivot, outcome): string | undefined {
      const explanation = explain({
        protocol,
        request: octets,
        reply: octets,
        times: { sentAt: pivot, receivedAt: pivot.add({ microseconds: 300 }) },
        isFromServer: true,
        localPrecision: -20,
        pivot,
      });
      outcome(explanation.failure?.reason ?? "passed");
      const text = formatExplanation({ title: "", explanation }, plain);
      JSON.stringify(explanationToJson({ title: "", explanation }));
      if (!isText(text)) return `it prints as ${JSON.stringify(text)}`;
      return text.split("\n").find((line) => line.length > WIDTH);
    },
  };
}

const s2c = new AesSiv(new Uint8Array(32).fill(7));

/** An answer that is right but for what is put before its last record. */
const AGREED = hex("80010002 0000 80040002 000f 00050004 01020304");
const END = hex("80000000");

/** The fields of a reply by NTS, and an answer of a key exchange: neither can be right by chance. */
const nts: Reader = {
  name: "read-nts",
  protocol: "ntp",
  read(octets): string | undefined {
    if (octets.length >= NTP_HEADER_LENGTH) {
      const opened = openReply(octets, octets.subarray(52, 84), s2c);
      if (!("problem" in opened)) return "it is authentic";
      if (!isOneLine(opened.problem)) return `the problem is ${JSON.stringify(opened.problem)}`;
    }
    const answer = Uint8Array.from([...AGREED, ...octets, ...END]);
    try {
      const { cookies } = decodeKeyExchangeAnswer(answer);
      return cookies.length > 0 && isWhole(answer) ? undefined : "an answer without an end";
    } catch (error) {
      if (!(error instanceof KeyExchangeError)) throw error;
      if (!isOneLine(error.message)) return `the problem is ${JSON.stringify(error.message)}`;
      throw new DecodeError(error.message, octets);
    }
  },
};

/** Every reader. */
export const readers: readonly Reader[] = [
  ...[asctime, daytime, time, ntp, nts],
  ...(["asctime", "daytime", "time", "ntp"] as const).map(explained),
];
