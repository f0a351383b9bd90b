/** The longer texts of `timecli`. */
import { queryExitCodeList } from "../shared/exit_codes.ts";

/** After the options. */
export const NOTES = `
Targets, each with its default port:
  ntp://HOST:123        NTP (RFC 5905): offset, delay, stratum, ...
  time://HOST:37        seconds since 1900 (RFC 868)
  daytime://HOST:13     a line of text (RFC 867)
  asctime://HOST:8888   text; also plain HOST[:PORT]

Examples:
  timecli
  timecli ntp://time.example
  timecli ntp://a.example ntp://b.example time://c.example
  timecli --samples 8 ntp://time.example
  timecli --json ntp://time.example | jq .offset
  timecli --utc --format "yyyy-MM-dd'T'HH:mm:ss'Z'" ntp://time.example
`;

/** The end of help. */
export const HINT =
  "Exit codes: 0 every target sent a time, 2 wrong command line, 3 to 11 the failure of a query. " +
  "Options can be set by environment variables: --timeout by TIMECLI_TIMEOUT. Help on a command: " +
  "timecli help bench. Shell completions: timecli complete bash|zsh|fish. The manual has more: " +
  "docs/timecli.md.";

/** In the manual page and the reference only. */
export const MANUAL = `
The offset is the server's time minus this machine's: where it is positive, this
clock is behind. It is right to within the bound after the ±, if the server is
right. The root distance bounds the error of the server itself. Only NTP detects
a forged reply, and only if its sender cannot see the request.

The letters of a pattern are those of Unicode (UTS 35): yyyy MM dd HH mm ss SSS,
up to nine S, EEE and MMM for names, xxx for the offset from UTC, and 'words' in
quotes. The time is local without --utc. A text without a known time zone is
printed as it is, and cannot be converted to UTC.

With --samples one address of each target is queried, by NTP if it has no
scheme, without retransmissions. The interval must be at least 1 s, except on
loopback; a kiss-o'-death (KoD) RATE doubles it. The reply with the smallest
delay gives the offset; its bound holds at the end for a clock that drifts by at
most 15 ppm. Jitter is the root mean square of the differences of the other
offsets from it. The frequency error is printed once its bound is at most 500
ppm. Ctrl-C ends the sampling early, with the replies received so far.

--json and --csv are described in docs/output.md, key by key, and in
docs/timecli.schema.json. Take columns by name: later versions may add some.

A host that is called like a command needs its protocol: asctime://bench. A
command is the first argument; timecli help bench and timecli bench --help print
its help. timecli complete bash prints shell completions; zsh and fish work too.

Every option can be set by an environment variable, if Deno may read it:
--timeout by TIMECLI_TIMEOUT, and --rate of bench by TIMECLI_BENCH_RATE. A
switch is off if its variable is empty, 0, false, no or off. The command line
takes precedence.

Exit codes:
  0  every target sent a time; otherwise the code of the first failure
  1  something else failed
  2  wrong command line
${queryExitCodeList()}
`;
