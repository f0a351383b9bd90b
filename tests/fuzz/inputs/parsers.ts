/** Every function that parses a text of others, what it accepts, and the errors that it documents. */
import {
  parseLeap,
  parseLeapList,
  parseLeapSeconds,
} from "../../../src/clock/sources/timeline/leap_seconds.ts";
import { clockFields } from "../../../src/clock/sources/timeline/options.ts";
import { planTimeline } from "../../../src/clock/sources/timeline/plan.ts";
import { statusFields } from "../../../src/clock/sources/options.ts";
import { parseKeys } from "../../../src/crypto/symmetric_keys.ts";
import { parseHex } from "../../../src/cli/timecli/explain/input.ts";
import { timeFormatter } from "../../../src/cli/timecli/query/time_format.ts";
import { optionsOf } from "../../../src/cli/shared/command.ts";
import { timecli } from "../../../src/cli/timecli/timecli.ts";
import type { Field } from "../../../src/options/field.ts";
import { UsageError } from "../../../src/cli/shared/errors.ts";
import { parseMeasurable } from "../../../src/client/query.ts";
import { parseRange } from "../../../src/client/check/thresholds.ts";
import { parseOption } from "../../../src/options/read.ts";
import { DecodeError } from "../../../src/protocols/decode_error.ts";
import { parseAsctime } from "../../../src/protocols/asctime/parse.ts";
import { parseDaytime } from "../../../src/protocols/daytime/parse.ts";
import { formatEndpoint, parseEndpoint, parseTarget } from "../../../src/protocols/endpoint.ts";
import { addNamedFault, formatFaults } from "../../../src/server/faults/text.ts";
import { readFaults } from "../../../src/server/faults/rules.ts";
import { rateLimitField } from "../../../src/server/guard/options.ts";
import { parseNetworks } from "../../../src/text/ip_words.ts";
import { checkToken, parseControl } from "../../../src/http/address.ts";
import { parseListener } from "../../../src/server/listener.ts";
import { parseScenario } from "../../../src/server/scenarios/scenario_file.ts";
import { scenarios } from "../../../src/server/scenarios/scenarios.ts";
import { parsePosixZone } from "../../../src/system/time_zone.ts";
import { parseDuration, parseDurationNs, parseInstantNs } from "../../../src/text/duration.ts";
import { parseJson } from "../../../src/text/json.ts";
import { escapeLine } from "../../../src/text/printable.ts";
import { parseReferenceId } from "../../../src/text/reference_id.ts";
import { suggest } from "../../../src/text/suggest.ts";

const [, formatField] = optionsOf(timecli.command).find(([key]) => key === "format") ?? [];

export interface Parser {
  readonly name: string;
  /** Texts that it accepts, or almost. */
  readonly seeds: readonly string[];
  readonly errors: readonly (new (...args: never[]) => Error)[];
  parse(text: string): unknown;
  /** Whether values of other types are tried. */
  readonly isJson?: true;
  /** Parses a text in place of `parse`, and returns what is wrong with what was read, if anything is. */
  check?(text: string): string | undefined;
}

const mistakes = [SyntaxError, RangeError] as const;
const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

const durations = [
  "1h30m",
  "+1h",
  "-0.5s",
  "50ms",
  "PT1H30M",
  "P1DT2H",
  "-P1W",
  "1d",
  "10us",
  "3ns",
  "P1Y",
  "0",
];
const instants = [
  "2038-01-19T03:14:07Z",
  "2026-11-22T18:00:00.123456789+01:00",
  "+275760-09-13T00:00:00Z",
];
const addresses = [
  "127.0.0.1:8890",
  "[::1]:0",
  "localhost",
  "0.0.0.0",
  "a.example:65535",
  "[fe80::1%25eth0]:1",
];

const urls = [
  ...[
    "ntp://127.0.0.1",
    "ntp://[::1]:1123",
    "time://a.example:37",
    "daytime://localhost",
    "asctime://0.0.0.0:0",
  ],
  ...[
    "127.0.0.1",
    "[::1]:8888",
    "a.example:123",
    "::1",
    "auto://127.0.0.1:8888",
    "NTP://A.EXAMPLE.",
  ],
];

const listeners = [
  ...urls,
  "ntp://127.0.0.1:0?rate=2x&offset=+1h&leap=insert@2028-12-31",
  "time://127.0.0.1:0?drop=0.3&delay=50ms,every=3&seed=42",
  "ntp://0.0.0.0?time=2038-01-19T03:14:07Z&frozen&noise=1ms",
  "ntp://127.0.0.1?kiss=RATE,from=192.0.2.0/24;::/0&duplicate=copies=3",
];

const faults = [
  "drop=0.3",
  "delay=50ms,jitter=10ms,every=3",
  "kiss=RATE,from=192.0.2.0/24",
  "duplicate,copies=2,probability=.5",
  "stratum=16,after=3,count=2",
  "timestamps=early",
  "garbage,until=10s",
  "port",
];

const scenarioFiles = [
  ...Object.values(scenarios).map((scenario) => JSON.stringify(scenario)),
  '{"clock": {"offset": "+1h", "rate": "2x", "steps": ["+1s@00:05"], "noise": 0.001}}',
  '{"status": {"stratum": 3, "reference_id": "GPS", "leap": "insert"}, "seed": 1}',
  '{"faults": {"drop": 0.3, "delay": [{"delay": "50ms", "every": 3}]}, "clients": {"chrony": "follows"}}',
  '{"clock": {"time": "2038-01-19T03:14:07Z", "leap_seconds": ["insert@2028-12-31"], "smear": "24h"}}',
  "{}",
];

const leapList =
  "#$ 3676924800\n#@ 3928521600\n2272060800 10 # 1 Jan 1972\n2287785600 11\n3692217600 37\n";

const option = (fields: object, key: string, ...seeds: readonly string[]): Parser => ({
  name: `option-${key.toLowerCase()}`,
  seeds,
  errors: mistakes,
  parse: (text) => parseOption((fields as typeof clockFields)[key as "rate"], text, `--${key}`),
});

/** Parsers that are reached with a text of any length. */
export const parsers: readonly Parser[] = [
  { name: "duration", seeds: durations, errors: mistakes, parse: parseDuration },
  { name: "duration-ns", seeds: durations, errors: mistakes, parse: parseDurationNs },
  { name: "instant", seeds: instants, errors: mistakes, parse: parseInstantNs },
  {
    name: "leap",
    seeds: ["insert@2028-12-31", "delete@2026-06-30"],
    errors: mistakes,
    parse: parseLeap,
  },
  {
    name: "leap-seconds",
    seeds: [leapList],
    errors: mistakes,
    parse: parseLeapSeconds,
  },
  { name: "leap-list", seeds: [leapList], errors: mistakes, parse: parseLeapList },
  {
    name: "reference-id",
    seeds: ["GPS", "192.0.2.1", "0x47505300", "LOCL"],
    errors: mistakes,
    parse: parseReferenceId,
  },
  {
    name: "networks",
    seeds: ["192.0.2.0/24", "::/0", "10.0.0.1", "localhost"],
    errors: mistakes,
    parse: parseNetworks,
  },
  {
    name: "range",
    seeds: ["10", "10:", "~:10", "@10:20", "-0.5:0.5", "1ms:2s"],
    errors: mistakes,
    parse: parseRange,
  },
  { name: "control-address", seeds: addresses, errors: mistakes, parse: parseControl },
  {
    name: "token",
    seeds: ["0123456789abcdef", "a".repeat(256), "abc"],
    errors: mistakes,
    parse: checkToken,
  },
  {
    name: "endpoint",
    seeds: urls,
    errors: mistakes,
    parse: (text) => parseEndpoint(text),
    check(text): string | undefined {
      const url = formatEndpoint(parseEndpoint(text));
      const again = formatEndpoint(parseEndpoint(url));
      return again === url ? undefined : `${url}, and again ${again}`;
    },
  },
  {
    name: "target-url",
    seeds: urls,
    errors: mistakes,
    parse: (text) => parseTarget(text),
    check(text): string | undefined {
      const { protocol, hostname, port } = parseTarget(text);
      const isWhole = hostname !== "" && port >= 1 && port <= 65_535;
      return isWhole ? undefined : `${protocol} ${JSON.stringify(hostname)} ${port}`;
    },
  },
  { name: "measurable", seeds: urls, errors: mistakes, parse: parseMeasurable },
  {
    name: "listener-url",
    seeds: listeners,
    errors: mistakes,
    parse: parseListener,
    check(text): string | undefined {
      const { endpoint, clock, faults } = parseListener(text);
      if (clock) planTimeline(clock, 0n);
      if (faults) readFaults(faults, 0);
      const isWhole = endpoint.hostname !== "" && endpoint.port >= 0 && endpoint.port <= 65_535;
      return isWhole ? undefined : `${JSON.stringify(endpoint)}`;
    },
  },
  {
    name: "fault",
    seeds: faults,
    errors: mistakes,
    parse: (text) => addNamedFault({}, text),
    check(text): string | undefined {
      const options = addNamedFault({}, text);
      readFaults(options, 0);
      const formatted = formatFaults(options);
      const again = formatFaults(formatted.reduce(addNamedFault, {}));
      return `${again}` === `${formatted}` ? undefined : `${formatted}, and again ${again}`;
    },
  },
  {
    name: "scenario-file",
    isJson: true,
    seeds: scenarioFiles,
    errors: [SyntaxError],
    parse: (text) => parseScenario(text, "x.json"),
  },
  {
    name: "key-file",
    seeds: [
      "1 MD5 secret\n2 SHA256 HEX:00112233\n",
      "7 AES128 HEX:000102030405060708090a0b0c0d0e0f # comment",
      "! chrony\n10 tulip\n30 AES256 ASCII:0123456789abcdef0123456789abcdef",
    ],
    errors: [SyntaxError],
    parse: parseKeys,
  },
  { name: "json", seeds: scenarioFiles, errors: [SyntaxError], parse: parseJson },
  {
    name: "hex",
    seeds: ["23000000/24", "/ 83 aa:7e-80", "0x23/"],
    errors: [UsageError],
    parse: parseHex,
  },
  {
    name: "time-format",
    seeds: ["yyyy-MM-dd'T'HH:mm:ss'Z'", "PPPPpppp", "EEEE, d. MMMM", "SSSSSSSSS"],
    errors: [...mistakes, UsageError],
    // As the command line does: no pattern is longer than its option accepts.
    parse: (text) => timeFormatter(parseOption(formatField as Field<string>, text), true),
  },
  {
    name: "posix-zone",
    seeds: ["EST5EDT,M3.2.0,M11.1.0", "<+0330>-3:30", "CET-1CEST,M3.5.0,M10.5.0/3", "UTC0"],
    errors: mistakes,
    parse: parsePosixZone,
  },
  {
    name: "asctime-text",
    seeds: ["Fri Apr  3 21:09:36 2020"],
    errors: [DecodeError],
    parse: (text) => parseAsctime(encode(text)),
  },
  {
    name: "daytime-text",
    seeds: [
      "Fri Apr  3 21:09:36 2020\r\n",
      "2020-04-03T21:09:36Z\n",
      "Friday, April 3, 2020 21:09:36-UTC",
      "58942 20-04-03 21:09:36 50 0 0 100.0 UTC(NIST) *",
    ],
    errors: [DecodeError],
    parse: (text) => parseDaytime(encode(text), Temporal.Instant.fromEpochMilliseconds(0)),
  },
  {
    name: "line",
    seeds: ["a line\nand another\x1b[2J", "x    x"],
    errors: [],
    parse: (text) => escapeLine(text),
  },
  {
    name: "suggestion",
    seeds: ["rate", "ofset", "--timout"],
    errors: [],
    parse: (text) => suggest(text, Object.keys(clockFields)),
  },
  option(clockFields, "rate", "2x", "-0.5", "+50ppm", "1e-9x"),
  option(clockFields, "offset", ...durations),
  option(clockFields, "noise", "1ms", "0.5s"),
  option(clockFields, "steps", "+1s@00:05", "-0.5s@2038-01-19T03:14:07Z", "+1h@PT10S"),
  option(clockFields, "smear", "24h", "linear,24h", "cosine:20h"),
  option(statusFields, "referenceId", "GPS", "192.0.2.1"),
  option(statusFields, "rootDelay", "0.001", "1e-3", "65536"),
  option({ rateLimit: rateLimitField }, "rateLimit", "10/s", "0.5/s,3", "off", "100/s,1000"),
];
