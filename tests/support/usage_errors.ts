/** Mistakes on command lines, and how the programs report them. */

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

/** Of `timecli`, whatever its subcommand. */
export const timecliErrors: UsageErrors = [
  [["--jsno"], /Unknown option --jsno \(did you mean --json\?\)/],
  [["--timeot", "1"], /--timeot.*did you mean --timeout\?/],
  [["--timeout", "soon"], /--timeout is "soon".*a duration from 1ms to 1d/],
  [["--timeout", "0"], /--timeout is "0"/],
  [["--timeout=-1"], /--timeout is "-1"/],
  [["--timeout", ""], /--timeout is ""/],
  [["--timeout", "NaN"], /--timeout is "NaN"/],
  [["--timeout", "86401"], /--timeout is "86401"/],
  [["--timeout"], /--timeout needs a value/],
  [["--retries", "1.5"], /--retries is "1\.5".*whole number/],
  [["--retries", "1001"], /--retries is "1001"/],
  [["-4", "-6"], /--ipv4.*--ipv6/],
  [["-I", "lo"], /--bind is "lo", expected an IPv4 or IPv6 address$/m],
  [["--bind", "a:b"], /--bind is "a:b"/],
  [["-4", "-I", "::1"], /--bind ::1 is an IPv6 address: leave out -4$/m],
  [["watch", "-6", "-I", "::ffff:127.0.0.1", "::1"], /is an IPv4 address: leave out -6$/m],
  [["--json", "-q"], /--json.*--bare/],
  [["nonsense://127.0.0.1"], /unknown protocol "nonsense"/],
  [["127.0.0.1:65536"], /port 65536 is above 65535/],
  [["1:2:3"], /"1:2:3"/],
  [["8888"], /"8888" is a number, not a host/],
  [["time.example", "123"], /A port follows its host after a colon: time\.example:123$/m],
  [["watch", "::1", "1123"], /after a colon: \[::1\]:1123$/m],
  [["ntp://[::1]", "123"], /after a colon: ntp:\/\/\[::1\]:123$/m],
  [["explain", "a.invalid", "123"], /after a colon: a\.invalid:123$/m],
  [["a.invalid:37", "123"], /"123" is a number, not a host/],
  [[""], /host is missing/],
  [[":8888"], /host is missing/],
  [["-r", "1", "-s", "2", "127.0.0.1"], /--retries is not for --count/],
  [
    ["-s", "2", "-i", "0", "192.0.2.1"],
    /only a loopback address is queried more than once a second/,
  ],
  [["127.0.0.1:0"], /port 0 is for listeners/],
  [["-s", "2", "ntp://127.0.0.1:0"], /port 0 is for listeners/],
  ...["bench", "compare", "explain", "wait", "watch"].map((command) =>
    [[command, "[::1]:0"], /port 0 is for listeners/] as const
  ),
  [["control", "state", "--url", "http://127.0.0.1:0"], /--url is /],
  [["ntp://[fe80::1]"], /a link-local address needs its interface, as in \[fe80::1%eth0\]/],
  [
    ["--port", "99"],
    /Unknown option --port: a server is an argument, as in timecli time\.example:123$/m,
  ],
  [
    ["wait", "--host", "a"],
    /Unknown option --host: a server is an argument, as in timecli wait time\.example:123$/m,
  ],
  [["chekc"], /Unknown command chekc: did you mean check\? \(a host: ntp:\/\/chekc\)/],
  [["-t", "1", "wacth", "a.invalid"], /Unknown command wacth: did you mean watch\?/],
  [["compre", "a.invalid", "b.invalid"], /Unknown command compre: did you mean compare\?/],
  [["hepl"], /Unknown command hepl: did you mean help\? \(a host: ntp:\/\/hepl\)/],
  [["help", "nosuch"], /Unknown command nosuch/],
  [["two words"], /"two words"/],
  [["line\nbreak"], /"line\\nbreak"/],
  [["--utc"], /--utc needs --format/],
  [["--csv", "-q"], /--csv.*--bare|--bare.*--csv/],
  [
    ["--format", "HH", "--raw"],
    /--format cannot be used with --raw|--raw cannot be used with --format/,
  ],
  [["--interval", "1s"], /--interval needs --count/],
  [["--quiet"], /Unknown option --quiet: use --bare$/m],
  ...[[], ["watch"], ["compare"], ["bench"]].map((command) =>
    [[...command, "-c", "3", "127.0.0.1"], /Unknown option -c: use --count$/m] as const
  ),
  [["bench", "--requests", "9", "127.0.0.1"], /Unknown option --requests: use --count$/m],
  [["bench", "--rate=9", "127.0.0.1"], /Unknown option --rate: use --qps$/m],
  [["--json", "compare", "a.invalid"], /compare comes first: timecli compare \[options\] \.\.\.$/m],
];

/** Of `timecli --count`. */
export const samplesErrors: UsageErrors = [
  [["--count", "0"], /--count is "0".*a whole number, 1 to 1000/],
  [["--count", "1001"], /--count is "1001"/],
  [["--count", "4", "--interval", "soon"], /--interval is "soon".*a duration from 0s to 1h/],
  [["--count", "4", "--interval", "2h"], /--interval is "2h"/],
  [["--count", "4", "--bare"], /--count.*--bare/],
  [["--count", "4", "--interval", "999ms", "192.0.2.1"], /more than once a second/],
  [["--interval", "1s"], /--interval needs --count/],
  [
    ["--count", "4", "asctime://127.0.0.1"],
    /asctime text has no offset, use ntp:\/\/ or time:\/\//,
  ],
  [["--count", "4", "daytime://127.0.0.1"], /daytime text has no offset/],
  [["--count", "4", "nonsense://127.0.0.1"], /unknown protocol "nonsense"/],
  [["--count", "4", "--interval", "3601"], /--interval is "3601"/],
  [["--count", "4", "--csv", "--json"], /--csv/],
  [["--count", "4", "--format", "HH"], /--count cannot be used with --format/],
];

/** Of `timecli bench`. */
export const benchErrors: UsageErrors = [
  [[], /<url> is missing/],
  [["127.0.0.1", "::1"], /Unexpected argument "::1"/],
  [["127.0.0.1", "--jsno"], /Unknown option --jsno \(did you mean --json\?\)/],
  [["127.0.0.1", "--duration", "0"], /--duration is "0".*a duration from 1ms to 10m/],
  [["127.0.0.1", "--duration", "601"], /--duration is "601"/],
  [["127.0.0.1", "--count", "1.5"], /--count is "1\.5".*whole number/],
  [["127.0.0.1", "--window", "16385"], /--window is "16385"/],
  [["127.0.0.1", "--pid", "4194305"], /--pid is "4194305"/],
  [["127.0.0.1", "--flows", "0"], /--flows is "0"/],
  [["127.0.0.1", "--timeout", "11"], /--timeout is "11"/],
  [["127.0.0.1", "--qps", "9", "--window", "9"], /--window.*--qps/],
  [["127.0.0.1", "-4", "-6"], /--ipv4.*--ipv6/],
  [["daytime://127.0.0.1", "--segmented"], /--segmented is not for daytime/],
  [["nonsense://127.0.0.1"], /unknown protocol "nonsense"/],
  [["192.0.2.1"], /192\.0\.2\.1 is not on this machine's loopback network.*--i-own-this-server/],
  [["ntp://[2001:db8::1]"], /2001:db8::1 is not on this machine's/],
  [["224.0.0.1", "--i-own-this-server"], /224\.0\.0\.1 stands for more than one server/],
  [["127.0.0.1", "--count", "0"], /--count is "0"/],
  [["127.0.0.1", "--count", "2147483648"], /--count is "2147483648"/],
  [["127.0.0.1", "--window", "0"], /--window is "0"/],
  [["127.0.0.1", "--qps", "0"], /--qps is "0"/],
  [["127.0.0.1", "--qps", "10000001"], /--qps is "10000001"/],
  [["127.0.0.1", "--flows", "1025"], /--flows is "1025"/],
  [["127.0.0.1", "--timeout", "0.0009"], /--timeout is "0\.0009"/],
  [["127.0.0.1", "--warmup", "61"], /--warmup is "61"/],
  [["127.0.0.1", "--pid", "0"], /--pid is "0"/],
  [["time://127.0.0.1", "--segmented"], /--segmented is not for time/],
];

/** Of `timecli check`. */
export const checkErrors: UsageErrors = [
  [[], /<urls> are missing/],
  [["a.invalid", "b.invalid", "--quorum", "3"], /--quorum 3 needs as many servers, not 2/],
  [["a.invalid", "-w", "x"], /--warning is "x", expected a number, or LOW:HIGH/],
  [["a.invalid", "-c", "20:10"], /--critical is "20:10", expected LOW below HIGH/],
  [["a.invalid", "--jitter-warning", "1x"], /--jitter-warning is "1x"/],
  [["a.invalid", "--leap", "perhaps"], /--leap is "perhaps"/],
  [["a.invalid", "--count", "0"], /--count is "0"/],
  [["a.invalid", "--timeout", "0"], /--timeout is "0"/],
  [["a.invalid", "--nosuch"], /Unknown option --nosuch/],
  [["asctime://127.0.0.1"], /asctime text has no offset/],
  [["nonsense://127.0.0.1"], /unknown protocol "nonsense"/],
  [["a.invalid", "-w", "5", "-c", "1"], /critical range 1 is within its warning range 5/],
  [["a.invalid", "-i", "0"], /only a loopback address is queried more than once a second/],
  [["127.0.0.1", "-s", "1", "--jitter-warning", "1"], /needs two samples/],
  [["time://127.0.0.1", "--stratum-warning", "5"], /the Time protocol has none/],
  [["a.invalid", "--count", "1001"], /--count is "1001"/],
  [["a.invalid", "--timeout", "3601"], /--timeout is "3601"/],
  [["a.invalid", "--unsynchronized", "perhaps"], /--unsynchronized is "perhaps"/],
  [["-H", "a.invalid", "b.invalid"], /-H names the server: remove b\.invalid/],
  [["a.invalid:99", "-p", "98"], /a\.invalid:99 has another port than -p 98/],
  [["a.invalid", "-p", "65536"], /--port is "65536"/],
  [["-p", "98"], /<urls> are missing: name a server, or use -H/],
];

/** Of `timecli compare`. */
export const compareErrors: UsageErrors = [
  [[], /<urls> is missing/],
  [["127.0.0.1", "asctime://127.0.0.1"], /asctime text has no offset/],
  [["127.0.0.1", "--count", "none"], /--count is "none"/],
  [["127.0.0.1", "--interval", "-1s"], /--interval is "-1s"/],
  [["127.0.0.1", "--timeout", "0"], /--timeout is "0"/],
  [["127.0.0.1", "-4", "-6"], /--ipv4.*--ipv6/],
  [["127.0.0.1", "--json", "--csv"], /cannot be used with/],
  [["127.0.0.1", "192.0.2.1", "-i", "100ms"], /only a loopback address/],
  [["127.0.0.1", "--quiet"], /Unknown option --quiet/],
  [["127.0.0.1", "--count", "1001"], /--count is "1001"/],
  [["127.0.0.1", "--interval", "3601"], /--interval is "3601"/],
  [["127.0.0.1", "--timeout", "86401"], /--timeout is "86401"/],
];

/** Of `timecli control`. */
export const controlErrors: UsageErrors = [
  [["stat"], /Unknown action "stat": did you mean state\?/],
  [["nothing"], /expected state, sources, set, step, .* or reset$/m],
  [["set", "--ofset", "1"], /Unknown option --ofset \(did you mean --offset\?\)/],
  [["set", "--ofset=1"], /Unknown option --ofset \(did you mean --offset\?\)/],
  [["state", "--jsno"], /Unknown option --jsno/],
  [["--jsno", "state"], /Unknown option --jsno/],
  [["state", "now"], /state accepts no value: remove now/],
  [["state", "--rate", "2"], /Clock options are for set, not for state/],
  [["state", "--sort", "rate"], /--sort, --limit and --skip are for clients, not for state/],
  [["set"], /set needs options, such as --offset \+1h/],
  [["set", "--freeze", "--rate", "2"], /--rate.*--freeze/],
  [["step"], /step needs one duration/],
  [["step", "1h", "2h"], /step needs one duration/],
  [["faults", "dorp"], /did you mean drop\?/],
  [["state", "--url", "ftp://127.0.0.1"], /--url is "ftp:\/\/127\.0\.0\.1", expected a URL/],
  [["state", "--timeout", "0"], /--timeout is "0"/],
  [["127.0.0.1:1", "state", "--url", "127.0.0.1:1"], /named twice: leave out 127\.0\.0\.1:1/],
  [["ftp://127.0.0.1", "state"], /no URL of a control interface: ftp:/],
  [["127.0.0.1:1", "now"], /Unknown action "now"/],
  [["allow"], /allow needs networks, such as 192\.0\.2\.0\/24/],
  [["deny", "192.0.2.0/24", "x/24"], /Cannot read the network "x\/24"/],
  [["accheck"], /accheck needs one address, such as 192\.0\.2\.7/],
  [["accheck", "192.0.2.1", "192.0.2.2"], /accheck needs one address/],
  [["access", "--rate-limit", "off"], /Options of access and rate limit are for set, not for/],
  [["set", "--rate", "2x", "--rate-limit", "off"], /two changes: use set twice/],
  [["set", "--rate-limit", "fast"], /--rate-limit is "fast"/],
];

/** Of `timecli wait`. */
export const waitErrors: UsageErrors = [
  [[], /<urls> is missing/],
  [["127.0.0.1", "--within", "near"], /--within is "near".*a duration from 1ms to 1d/],
  [["127.0.0.1", "--within", "0"], /--within is "0"/],
  [["127.0.0.1", "--timeout", "2d"], /--timeout is "2d"/],
  [["127.0.0.1", "daytime://127.0.0.1"], /daytime text has no offset/],
  [["127.0.0.1", "-4", "-6"], /--ipv4.*--ipv6/],
  [["127.0.0.1", "--within", "0.9ms"], /--within is "0\.9ms"/],
  [["127.0.0.1", "--within", "86401"], /--within is "86401"/],
  [["127.0.0.1", "--timeout", "86401"], /--timeout is "86401"/],
  [["127.0.0.1", "--timeout", "0.9ms"], /--timeout is "0\.9ms"/],
];

/** Of `timecli watch`. */
export const watchErrors: UsageErrors = [
  [[], /<urls> is missing/],
  [["127.0.0.1", "--jsno"], /Unknown option --jsno \(did you mean --json\?\)/],
  [["127.0.0.1", "--json", "--csv"], /--json.*--csv/],
  [["127.0.0.1", "--interval", "0"], /--interval is "0".*a duration from 10ms to 1d/],
  [["127.0.0.1", "--count", "1.5"], /--count is "1\.5".*whole number/],
  [["127.0.0.1", "--duration", "soon"], /--duration is "soon"/],
  [["127.0.0.1", "--timeout", "61"], /--timeout is "61"/],
  [["127.0.0.1", "-4", "-6"], /--ipv4.*--ipv6/],
  [["127.0.0.1", "nonsense://127.0.0.1"], /unknown protocol "nonsense"/],
  [["127.0.0.1", "--plot", "-"], /--plot is "-".*name of a file/],
  [["ntp://192.0.2.1", "--interval", "0.5"], /192\.0\.2\.1 every 0\.5 s: only a loopback/],
];

/** Of `timecli explain`. */
export const explainErrors: UsageErrors = [
  [["--hex", "/abc"], /The reply in --hex has an odd number of digits, 3$/m],
  [["--hex", "hello/there"], /The request in --hex has "h", which is not a digit$/m],
  [["--hex", "00"], /--hex needs a request and a reply with \/ between them/],
  [["--hex", "0/0/0"], /--hex needs a request and a reply with \/ between them/],
  [
    ["--hex", "/", "ntp://127.0.0.1"],
    /--hex decodes datagrams and queries no server: remove ntp:\/\/127\.0\.0\.1$/m,
  ],
  [
    ["--capture", "x", "127.0.0.1"],
    /--capture reads a file and queries no server: remove 127\.0\.0\.1$/m,
  ],
  [["--hex", "/", "--capture", "x"], /--hex cannot be used with --capture/],
  [["--exchange", "2"], /--exchange needs --capture$/m],
  [["--hex", "/", "--exchange", "2"], /--exchange needs --capture$/m],
  [["--capture", "x", "--exchange", "0"], /--exchange is "0", expected a whole number/],
  [["--port", "123"], /--port needs --capture$/m],
  [["--capture", "x", "--port", "65536"], /--port is "65536"/],
  [["--protocol", "ntp"], /--protocol is for --hex and --capture; a target names its own$/m],
  [["--protocol", "pigeon", "--hex", "/"], /expected asctime, daytime, time or ntp$/m],
  [["nonsense://x"], /unknown protocol "nonsense"/],
  [["lan.pcap"], /lan\.pcap is a file, not a server: use --capture$/m],
  [["lan.pcapng.gz"], /lan\.pcapng\.gz is a file, not a server: use --capture$/m],
  [["a", "b"], /Unexpected argument "b"/],
];
