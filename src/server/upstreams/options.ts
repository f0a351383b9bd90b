/** Upstream servers: their URLs, and the options that go with them. */
import {
  duration,
  FieldError,
  type Fields,
  list,
  MAX_LONG_TEXT,
  text,
  UNNAMED,
  whole,
} from "../../options/field.ts";
import { findOption, parseOption } from "../../options/read.ts";
import type { PollLimits } from "../../discipline/upstream.ts";
import { type Endpoint, parseTarget } from "../../protocols/endpoint.ts";
import { quote } from "../../text/json.ts";
import { suggest } from "../../text/suggest.ts";
import type { TimeSpan } from "../../text/duration.ts";

/** Options that say which servers a server follows. */
export interface UpstreamOptions {
  /**
   * The NTP servers to follow, such as `ntp://time.example` or `ntp://pool.example?pool=4`: the time that follows from
   * them is served, and the system's clock is not touched. The parameters of a URL are `pool`, how many addresses of
   * the name are followed, `minpoll` and `maxpoll`, the interval between requests as a power of two of seconds, and
   * `key`, one of `ServeOptions.keys`.
   */
  readonly upstreams?: readonly string[] | undefined;
  /**
   * The root distance beyond which the time is served as not synchronised, 1 ms to 16 s.
   *
   * @default {"1s"}
   */
  readonly maxDistance?: TimeSpan | undefined;
}

const upstream = text("the URL of an NTP server", checkUpstream, {
  name: "upstream",
  maxLength: MAX_LONG_TEXT,
  syntax: "<url>",
  help: "NTP server to follow; repeatable, or several with commas",
});

export const upstreamFields: Fields<UpstreamOptions> = {
  upstreams: {
    ...list(upstream),
    // An environment variable cannot be repeated.
    parse: (urls) => urls.split(",").map((url) => upstream.parse(url.trim())),
  },
  maxDistance: duration("1ms", "16s", {
    name: "max-distance",
    help: "root distance beyond which the time is not synchronised",
    default: "1s",
  }),
};

function checkUpstream(url: string): void {
  try {
    parseUpstream(url);
  } catch (error) {
    if (!(error instanceof SyntaxError || error instanceof RangeError)) throw error;
    throw new FieldError(error.message.replace(/^Cannot read "[^"]*": /, ""));
  }
}

export interface UpstreamSpec {
  readonly url: string;
  readonly endpoint: Endpoint;
  readonly limits: PollLimits;
  /** How many addresses of its name are followed. */
  readonly pool: number;
}

const parameters = {
  pool: whole(1, 16, { ...UNNAMED, name: "pool" }),
  minPoll: whole(0, 17, { ...UNNAMED, name: "minpoll" }),
  maxPoll: whole(0, 17, { ...UNNAMED, name: "maxpoll" }),
  key: whole(1, 2 ** 32 - 1, { ...UNNAMED, name: "key" }),
};

/** RFC 5905 §7.2 begins at 64 s; beyond 1024 s nothing is gained. */
const MIN_POLL = 6;
const MAX_POLL = 10;

/**
 * Parses the URL of an upstream server.
 *
 * @throws {SyntaxError} If it cannot be read, is not of NTP, or has a parameter that is unknown or given twice
 * @throws {RangeError} If a parameter is out of bounds
 */
export function parseUpstream(url: string): UpstreamSpec {
  const fail = (problem: string): never => {
    throw new SyntaxError(`Cannot read ${quote(url)}: ${problem}`);
  };
  const [target = "", query = ""] = url.split(/\?(.*)/s);
  const address = parseTarget(target, "ntp");
  if (address.protocol !== "ntp") fail("an upstream is an NTP server: ntp://HOST");
  const values: Record<string, number> = {};
  for (const parameter of query.split("&").filter((each) => each !== "")) {
    const [name = "", value = ""] = parameter.split(/=(.*)/s);
    const option = findOption(parameters, name);
    if (option === undefined) {
      return fail(
        `unknown parameter ${quote(name)}, ${
          suggest(name, Object.values(parameters).map(({ name }) => name))
        }`,
      );
    }
    if (Object.hasOwn(values, option.key)) fail(`${quote(name)} is given twice`);
    values[option.key] = parseOption(option.field, value) as number;
  }
  const { pool = 1, minPoll = Math.min(MIN_POLL, values.maxPoll ?? MIN_POLL) } = values;
  const { maxPoll = Math.max(MAX_POLL, minPoll) } = values;
  if (minPoll > maxPoll) fail("minpoll is above maxpoll");
  const { key } = values;
  if (key !== undefined && address.nts) fail("ntp+nts:// has no key");
  const endpoint = key === undefined ? address : { ...address, key };
  return { url: target, endpoint, limits: { minPoll, maxPoll }, pool };
}
