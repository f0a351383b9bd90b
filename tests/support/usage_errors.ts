/** Mistakes on the command line of `timesrv`, and how it reports them. */

/** Arguments, and a part of the line that reports what is wrong with them. */
export type UsageErrors = readonly (readonly [args: readonly string[], message: RegExp])[];

/** Of `timesrv`. */
export const timesrvErrors: UsageErrors = [
  [["--utcc"], /Unknown option --utcc \(did you mean --utc\?\)/],
  [["--logformat", "json"], /--logformat.*did you mean --log-format\?/],
  [["--log-format", "xml"], /--log-format is "xml", expected text or json/],
  [["--stats-interval", "soon"], /--stats-interval is "soon", expected a duration from 1s to 7d/],
  [["--quiet", "--verbose"], /--quiet cannot be used with --verbose/],
  [["--stats-interval"], /--stats-interval needs a value: <duration>/],
  [["--utc=no"], /--utc accepts no value: remove "no"/],
  [["-qx"], /Unknown option -x/],
  [["nonsense://127.0.0.1"], /unknown protocol "nonsense", expected .*asctime/],
  [["asctime://127.0.0.1:65536"], /port 65536 is above 65535/],
  [["asctime://127.0.0.1:x"], /expected \[PROTOCOL:\/\/\]HOST\[:PORT\]/],
  [["asctime://127.0.0.1:0/path"], /"asctime:\/\/127\.0\.0\.1:0\/path"/],
  [["asctime://"], /host is missing/],
  [[""], /host is missing/],
  [["asctime://[::g]:0"], /"::g" is not an IPv6 address/],
  [["line\nbreak"], /"line\\nbreak"/],
  [["--fault", "dorp=0.3"], /Unknown fault "dorp": did you mean drop\?\n/],
  [["--fault", "drop=1.3"], /faults\.drop\.probability is "1\.3", expected a number, 0 to 1/],
  [["--fault", "drop", "--seed", "-1"], /--seed is "-1", expected a whole number, 0 to 4294967295/],
  [["--scenario", "y2308"], /Unknown scenario "y2308": did you mean y2038\?/],
  [["--scenario", "y2039"], /did you mean y2036 or y2038\?/],
  [["--scenario", "unsynchronized", "--leap", "insert"], /its own leap indicator: leave out/],
  [["--leap", "inser"], /--leap is "inser", expected none, insert or delete/],
  [
    ["--transport", "mmsg", "--fault", "drop"],
    /Faults delay replies, which the mmsg transport cannot do/,
  ],
  [
    ["--transport", "mmsg", "ntp://127.0.0.1:0?drop"],
    /Faults delay replies, which the mmsg transport cannot do/,
  ],
  [["--transport", "datagram", "--receive-queue", "64"], /are for --transport mmsg/],
  [["--rate-limit", "off", "--rate-kod", "0.5"], /--rate-kod and the prefixes need a rate limit/],
  [["--control-token", "0123456789abcdef"], /--control-token needs --control/],
  [["--max-distance", "2s"], /--max-distance needs --upstream/],
  ...[
    ["--offset", "1h"],
    ["--stratum", "3"],
    ["--freeze"],
    ["--clock-status", "kernel"],
    ["--refid", "GPS"],
    ["--leap", "insert"],
  ].map((option) =>
    [
      ["--upstream", "ntp://127.0.0.1:9", ...option],
      new RegExp(`--upstream excludes ${option[0]}: time and status come from the upstream`),
    ] as const
  ),
  [["--upstream", "ntp://127.0.0.1:9", "--local"], /--local/],
  [
    ["--upstream", "ntp://127.0.0.1:9", "--scenario", "y2038"],
    /--upstream excludes the clock of --scenario y2038: /,
  ],
  [
    ["--upstream", "ntp://127.0.0.1:9", "ntp://127.0.0.1:0?offset=1h"],
    /--upstream excludes the clock of ntp:\/\/127\.0\.0\.1:0: /,
  ],
  [
    ["--upstream", "daytime://127.0.0.1"],
    /--upstream is "daytime:.*", an upstream is an NTP server: ntp:\/\/HOST/,
  ],
  [["--upstream", "ntp://127.0.0.1?pol=4"], /unknown parameter "pol", did you mean pool\?/],
  [["--max-clients", "9"], /--max-clients needs --control/],
  [["--max-clients", "1000001", "--control", "127.0.0.1"], /--max-clients/],
  [["ntp://127.0.0.1:1123", "auto://127.0.0.1:1123"], /Two listeners cannot share udp 127/],
  [
    ["ntp://[::]:1123", "time://[::1]:1123"],
    /Two listeners overlap: udp \[::\]:1123 and udp \[::1/,
  ],
  [["ntp://224.0.1.1"], /224\.0\.1\.1 is a multicast or broadcast address/],
  [["-4", "ntp://[::1]:0"], /::1 is an IPv6 address: leave out -4/],
  [["-4"], /-4 chooses among the addresses of a listener's name/],
  [["ntpp://127.0.0.1"], /unknown protocol "ntpp", did you mean ntp\?/],
  [
    ["ntp://127.0.0.1:0?seed=abc"],
    /0\?seed=abc": seed is "abc", expected a whole number/,
  ],
  [["ntp://127.0.0.1:0?freeze=flase"], /freeze is "flase", expected true or false/],
  [["ntp://127.0.0.1:0", "ntp://127.0.0.1:0?drop=2"], /Cannot read "ntp:.*0\?drop=2": .*drop/],
  [["--scenario", "y2038", "--time", "2040-01-01"], /y2038 has its own clock.time: leave out/],
  [["--scenario", "leap-insert", "--leap", "delete@2028-12-31"], /has its own clock.leap/],
  [["--scenario", "kod-rate", "--fault", "kiss=DENY"], /has its own faults.kiss/],
  [["--scenario", "step-back", "--smear", "cosine"], /smear without a leap second/],
  [["--clock-noise", "2h"], /noise is "2h", expected 0 to 1h/],
  [["ntp://127.0.0.1:0?clock-noise=2h"], /clock-noise is "2h", expected 0 to 1h/],
  [["ntp://127.0.0.1:0?seed=abc&offset=1h"], /seed is "abc", expected a whole number/],
  [
    ["--leap", "delete@2016-12-31"],
    /Cannot delete a second on 2016-12-31: the served time is already later/,
  ],
  [
    ["--step", "+1h@2000-01-01T00:00:00Z"],
    /Cannot step at 2000-01-01T00:00:00Z: .* is already later/,
  ],
  // A second listener is read before the first one is served.
  ...["--port", "-p", "--listen", "--bind"].map((flag) =>
    [
      [flag, "8889"],
      new RegExp(
        `Unknown option ${flag}: a listener is an argument, as in timesrv 127\\.0\\.0\\.1:8889$`,
        "m",
      ),
    ] as const
  ),
  [["127.0.0.1", "8889"], /A port follows its host after a colon: 127\.0\.0\.1:8889$/m],
  [["asctime://127.0.0.1:0", "8888"], /"8888" is a number, not a host/],
  [["--transport", "datagram", "--workers", "2"], /--workers and --receive-queue are for/],
  [["--rate-limit", "off", "--rate-ipv4-prefix", "24"], /the prefixes need a rate limit/],
  [["--rate-limit", "off", "--rate-ipv6-prefix", "48"], /the prefixes need a rate limit/],
  [["-6", "ntp://127.0.0.1:0"], /127\.0\.0\.1 is an IPv4 address: leave out -6/],
  [["-6"], /-6 chooses among the addresses of a listener's name/],
  [["--control", "192.0.2.1:0"], /Other machines may reach --control 192\.0\.2\.1:0: it needs a/],
  [["--control", "8890"], /--control is "8890"/],
  [["--deny", "192.0.2.0/33"], /--deny is "192\.0\.2\.0\/33"/],
  [["--scenario", "unsynchronized", "--unsynchronized", "--leap", "none"], /leap/],
  [["--scenario", "y2039x"], /Unknown scenario "y2039x"/],
];

/** Of `timesrv`, where it may read files. */
export const timesrvFileErrors: UsageErrors = [
  [
    ["--scenario", "./nosuch.json"],
    /Cannot read the scenario "\.\/nosuch\.json": there is no such file/,
  ],
  [["--leap-file", "./nosuch"], /Cannot read the leap seconds "\.\/nosuch": there is no such file/],
  [["--leap-file", "./README.md"], /\.\/README\.md: /],
];
