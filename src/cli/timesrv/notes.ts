/** The longer texts of `timesrv`: what help says after the options, and what only the manual has. */

/** After the options. */
export const NOTES = `
Listeners, each with its default port:
  auto://HOST:8888      NTP or text, as the client asks; also plain HOST[:PORT]
  ntp://HOST:123        NTP (RFC 5905), versions 1 to 4
  asctime://HOST:8888   text, whatever the request
  daytime://HOST:13     a line of text (RFC 867)
  time://HOST:37        seconds since 1900 (RFC 868)

Examples:
  timesrv
  timesrv ntp://0.0.0.0:1123 ntp://[::]:1123 --stratum 3
  timesrv --utc daytime://127.0.0.1:1313 time://127.0.0.1:3737
  timesrv --time 2038-01-19T03:14:00Z --rate 10x
  timesrv --scenario leap-insert ntp://127.0.0.1:1123
  timesrv --seed 42 --fault drop=0.3 --fault delay=50ms,jitter=10ms
  timesrv ntp://127.0.0.1:0 --control 127.0.0.1:8890 >ports.json
`;

/** The end of help. */
export const HINT =
  "Options can be set by environment variables: --log-format by TIMESRV_LOG_FORMAT. Exit codes: 0 " +
  "stopped by a signal, 1 it could not start or failed, 2 wrong command line. Shell completions: " +
  "timesrv complete bash|zsh|fish. The manual explains listeners, clocks, faults and signals: " +
  "docs/timesrv.md.";

/** In the manual page and the reference only. */
export const MANUAL = `
HOST is an address or a name. 0.0.0.0 stands for every IPv4 address of this
machine, [::] for every IPv6 address. Port 0 is any free port; the log and the
ready line name it.

A listener has a simulated clock or faults of its own if its URL says so, with
the names of the command line:

  ntp://127.0.0.1:1123?offset=+1h&rate=2x
  ntp://127.0.0.1:1124?drop=0.3&delay=50ms,jitter=10ms

The status of the clock:
  kernel   synchronisation, leap second and error bound are those of the Linux
           kernel (needs --allow-ffi of Deno)
  fixed    the kernel is never consulted
  auto     the kernel's, while it calls the clock synchronised

Otherwise --stratum, --refid, --root-delay or --root-dispersion vouch for the
clock; without them its error bound grows by 15 ppm, 1 s in 18 hours.

A simulated clock may start at a date, be ahead or behind, run fast, slow or
backwards, step and stand still. --leap insert@2028-12-31 simulates a leap
second, which is announced beforehand; --smear spreads it over 24 hours.
--scenario list shows the situations there are, such as y2038 or flaky-network;
other options may add to them. docs/testing.md explains how to write one.

Faults of every protocol, with their values:
  drop[=PROBABILITY]        no reply
  delay=TIME                jitter=TIME, path=request|reply,
                            distribution=uniform|normal|pareto
  duplicate[=PROBABILITY]   copies=NUMBER
  reorder[=PROBABILITY]     the next reply leaves first; time=TIME at most
  truncate[=PROBABILITY]    length=OCTETS left
  corrupt[=PROBABILITY]     bits=NUMBER flipped
  garbage[=PROBABILITY]     length=OCTETS of random data
  replay[=PROBABILITY]      an earlier reply
  port[=PROBABILITY]        a reply from another port

Faults of NTP:
  kiss[=CODE]               RATE, DENY, RSTR, or any other
  stratum[=NUMBER]          0 to 255
  leapbits[=KIND]           none, insert, delete, unsynchronized
  refid=ID                  1 to 4 characters, or an IPv4 address
  distance=DISPERSION       root dispersion; delay=TIME for the root delay
  timestamps[=WHAT]         zero, random, early, late;
                            field=reference|receive|transmit|all
  origin[=PROBABILITY]      as in a reply to another request
  version[=NUMBER]          0 to 7
  mode[=NUMBER]             0 to 7
  unsynchronized[=PROBABILITY]

Every fault also has probability=0.5, after=10 (requests), every=3 (requests),
from=30s, to=60s (after the start) and clients=10.0.0.0/8, with commas between
them; --fault may be given again. A dropped reply is counted as refused for the
cause "fault". The same --seed repeats the run.

The transport mmsg moves datagrams in batches, with the kernel's timestamps. It
needs Linux on x86-64 or arm64, --allow-ffi of Deno and, from source,
--allow-read of its modules. auto chooses it where it can run, unless there are
faults, or --control, by which faults could be set.

Where standard output is not a terminal, it receives one line of JSON once every
listener answers: event ("ready"), listeners (each with its url, protocol,
hostname and the port that was bound), and control, a URL.

Every option can be set by an environment variable, if Deno may read it:
--log-format by TIMESRV_LOG_FORMAT. A switch is off if its variable is empty,
0, false, no or off. The command line takes precedence.

timesrv complete bash prints shell completions; zsh and fish work too.

Signals:
  SIGINT   stops it: replies under way are finished and totals logged
  SIGTERM  the same; a second one ends it at once
  SIGHUP   stops it if its terminal is gone, and is ignored otherwise

Exit codes:
  0  stopped by a signal
  1  it could not start, or failed
  2  wrong command line
`;
