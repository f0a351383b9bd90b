import { assertEquals } from "@std/assert";
import { drawScreen, type WatchView } from "../../../../src/cli/timecli/watch/screen.ts";
import type { TerminalSize } from "../../../../src/cli/shared/terminal.ts";
import { startMs } from "./watch_events.ts";
import { watchedForAMinute } from "./watched_servers.ts";

const screens: readonly (readonly [Partial<WatchView>, TerminalSize, string])[] = [
  [
    { "selected": 0 },
    { columns: 80, rows: 40 },
    `
timecli watch   01:01:01
  SERVER                   OFFSET        DELAY     LOST   BAD     NOW       LEAP
> ntp://192.0.2.1:123      +89.00 µs     1.030 ms  1.7 %  0 %     ok        none
  time://192.0.2.9:37      -             -         100 %  0 %     no reply  -
  daytime://192.0.2.8:13   -             59.00 ms  0 %    0 %     ok        -
  ntp://ahead.example:123  +4629 d 15 h  100.0 ms  0 %    33.3 %  ok        none
Offset  min -100.0 µs  mean +9.017 µs  max +100.0 µs  stddev 68.85 µs
       ▲
+100 µs┤            •••••••
       │        •••         ••                                            •••
       │      ••              ••                                       ••
 +50 µs┤   • •                  ••                                    •
       │  •                       •                                 ••
   0 µs┤••                          ••                             •
       │                              •                         • •
       │                               ••                      •
 -50 µs┤                                 •                   ••
       │                                    •              ••
       │                                     •••        ••
-100 µs┤                                        •• •••••
       └┬────────────────┬─────────────────┬────────────────┬────────────────┬▶
    -60 s            -45 s             -30 s            -15 s              now
Delay  min 1.0000 ms  mean 1.0292 ms  max 1.0600 ms  stddev 20.20 µs
       ▲
1.06 ms┤       •       •       •       •       •       •       •       •
       │
1.05 ms┤      •       •       •       •       •       •       •       •
       │
1.04 ms┤     •       •       •       •       •       •       •       •
1.03 ms┤   •        •       •       •       •       •       •       •       •
       │
1.02 ms┤  •       •       •       •                •       •       •       •
       │
1.01 ms┤ •       •       •       •       •       •       •        •       •
       │
1.00 ms┤•       •       •       •       •       •       •       •       •
       └┬────────────────┬─────────────────┬────────────────┬────────────────┬▶
    -60 s            -45 s             -30 s            -15 s              now
20:00:00Z  stratum 2 → 3
q quit  ? keys  p pause  + - time scale  Tab next server
`,
  ],
  [
    { "selected": 3, "isPaused": true },
    { columns: 140, rows: 26 },
    `
timecli watch   01:01:01   paused
  SERVER                   OFFSET        DELAY     JITTER    LOST   BAD     NOW       STRATUM  LEAP
  ntp://192.0.2.1:123      +89.00 µs     1.030 ms  24.98 µs  1.7 %  0 %     ok        2        none
  time://192.0.2.9:37      -             -         -         100 %  0 %     no reply  -        -
  daytime://192.0.2.8:13   -             59.00 ms  -         0 %    0 %     ok        -        -
> ntp://ahead.example:123  +4629 d 15 h  100.0 ms  0 s       0 %    33.3 %  ok        2        none
Offset  min +4629 d 15 h 7 min  mean +4629 d 15 h 7 min  max +4629 d 15 h 7 min  stddev 0 s
       ▲
+5500 d┤
+5000 d┤
       │•   •
+4500 d┤
+4000 d┤
       └┬───────────────────────────────┬────────────────────────────────┬───────────────────────────────┬───────────────────────────────┬▶
    -60 s                           -45 s                            -30 s                           -15 s                             now
Delay  min 100.0 ms  mean 100.0 ms  max 100.0 ms  stddev 0 s
      ▲
110 ms┤
      │
100 ms┤•   •
      │
 90 ms┤
      └┬────────────────────────────────┬───────────────────────────────┬────────────────────────────────┬───────────────────────────────┬▶
   -60 s                            -45 s                           -30 s                            -15 s                             now
20:00:00Z  stratum 2 → 3
q quit  ? keys  p resume  + - time scale  Tab next server
`,
  ],
  [
    { "selected": 2, "isAscii": true, "hasKeys": false },
    { columns: 60, rows: 20 },
    `
timecli watch   01:01:01
  SERVER               OFFSET        LOST   BAD     NOW
  ntp://192.0.2.1:123  +89.00 us     1.7 %  0 %     ok
  time://192.0.2.9:37  -             100 %  0 %     no reply
> daytime:~2.0.2.8:13  -             0 %    0 %     ok
  ntp://ah~xample:123  +4629 d 15 h  0 %    33.3 %  ok
Delay  min 0 s  mean 29.50 ms  max 59.00 ms  stddev 17.46 ms
     ^
60 ms+                                                ***
     |                                         *******
40 ms+                                 ********
     |                          *******
     |                   *******
20 ms+           ********
     |    *******
 0 ms+****
     ++------------+------------+-----------+------------+>
  -60 s        -45 s        -30 s       -15 s          now
20:00:00Z  stratum 2 -> 3
Ctrl-C quits
`,
  ],
  [
    { "selected": 1 },
    { columns: 80, rows: 14 },
    `
timecli watch   01:01:01
  SERVER                   OFFSET        DELAY     LOST   BAD     NOW       LEAP
  ntp://192.0.2.1:123      +89.00 µs     1.030 ms  1.7 %  0 %     ok        none
> time://192.0.2.9:37      -             -         100 %  0 %     no reply  -
  daytime://192.0.2.8:13   -             59.00 ms  0 %    0 %     ok        -
  ntp://ahead.example:123  +4629 d 15 h  100.0 ms  0 %    33.3 %  ok        none






20:00:00Z  stratum 2 → 3
q quit  ? keys  p pause  + - time scale  Tab next server
`,
  ],
  [
    { "selected": 0 },
    { columns: 170, rows: 12 },
    `
timecli watch   01:01:01
  SERVER                   OFFSET        DELAY     JITTER    MIN                 MEAN                MAX                 STDDEV    LOST   BAD     NOW       STRATUM  LEAP
> ntp://192.0.2.1:123      +89.00 µs     1.030 ms  24.98 µs  -100.0 µs           +9.017 µs           +100.0 µs           68.85 µs  1.7 %  0 %     ok        2        none
  time://192.0.2.9:37      -             -         -         -                   -                   -                   -         100 %  0 %     no reply  -        -
  daytime://192.0.2.8:13   -             59.00 ms  -         -                   -                   -                   -         0 %    0 %     ok        -        -
  ntp://ahead.example:123  +4629 d 15 h  100.0 ms  0 s       +4629 d 15 h 7 min  +4629 d 15 h 7 min  +4629 d 15 h 7 min  0 s       0 %    33.3 %  ok        2        none
Offset  min -100.0 µs  mean +9.017 µs  max +100.0 µs  stddev 68.85 µs
Delay  min 1.0000 ms  mean 1.0292 ms  max 1.0600 ms  stddev 20.20 µs


20:00:00Z  stratum 2 → 3
q quit  ? keys  p pause  + - time scale  Tab next server
`,
  ],
];

const same = (text: string): string => text;

Deno.test("drawScreen shows a minute of servers of every kind, on terminals of every size", () => {
  for (const [more, size, expected] of screens) {
    const view: WatchView = {
      records: watchedForAMinute(),
      selected: 0,
      notices: [{ text: "20:00:00Z  stratum 2 → 3", tone: "odd" }],
      nowMs: startMs + 60_000,
      elapsedSeconds: 3661,
      span: { seconds: 60, tick: 15 },
      ...{ isPaused: false, showsKeys: false, isAscii: false, hasKeys: true },
      paint: { bold: same, good: same, odd: same, bad: same },
      ...more,
    };
    assertEquals(drawScreen(view, size), expected.slice(1, -1).split("\n"));
  }
});
