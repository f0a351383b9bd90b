import { assertEquals } from "@std/assert";
import { where } from "../../support/needs.ts";
import { run } from "../../support/process.ts";
import { root } from "../../support/programs.ts";

/** 2020-04-03T21:09:36Z and 2026-01-05T04:05:06Z: summer and winter, and another day. */
const zones: [zone: string, lines: string[]][] = [
  ["Europe/Berlin", [
    "Fri Apr  3 23:09:36 2020",
    "Fri, 03 Apr 2020 23:09:36 +0200",
    "2020-04-03T23:09:36+02:00",
    "Mon Jan  5 05:05:06 2026",
    "Mon, 05 Jan 2026 05:05:06 +0100",
    "2026-01-05T05:05:06+01:00",
  ]],
  ["America/St_Johns", [
    "Fri Apr  3 18:39:36 2020",
    "Fri, 03 Apr 2020 18:39:36 -0230",
    "2020-04-03T18:39:36-02:30",
    "Mon Jan  5 00:35:06 2026",
    "Mon, 05 Jan 2026 00:35:06 -0330",
    "2026-01-05T00:35:06-03:30",
  ]],
  ["Pacific/Kiritimati", [
    "Sat Apr  4 11:09:36 2020",
    "Sat, 04 Apr 2020 11:09:36 +1400",
    "2020-04-04T11:09:36+14:00",
    "Mon Jan  5 18:05:06 2026",
    "Mon, 05 Jan 2026 18:05:06 +1400",
    "2026-01-05T18:05:06+14:00",
  ]],
  ["UTC", [
    "Fri Apr  3 21:09:36 2020",
    "Fri, 03 Apr 2020 21:09:36 +0000",
    "2020-04-03T21:09:36+00:00",
    "Mon Jan  5 04:05:06 2026",
    "Mon, 05 Jan 2026 04:05:06 +0000",
    "2026-01-05T04:05:06+00:00",
  ]],
];

const script = `
  import { formatAsctime } from "./src/protocols/asctime/service.ts";
  import { formatDaytime } from "./src/protocols/daytime/service.ts";
  const seconds = [1585948176, 1767585906];
  const lines = seconds.flatMap((seconds) => [
    ...["ctime", "rfc1123", "iso8601", "nist"].map((format) => formatDaytime(seconds, { format })),
    formatAsctime(seconds),
    ...["ctime", "nist"].map((format) => formatDaytime(seconds, { format, utc: true })),
  ]);
  console.log(JSON.stringify(lines));
`;

Deno.test(
  await where(
    { permissions: [{ name: "run" }, { name: "read" }] },
    "formatDaytime and formatAsctime write local time in English, in any zone and locale",
    async () => {
      for (const [TZ, expected] of zones) {
        for (const locale of ["C", "de_DE.UTF-8", "ar_EG.UTF-8", "th_TH"]) {
          const env = { TZ, LC_ALL: locale, LANG: locale, LANGUAGE: locale };
          const { code, stdout, stderr } = await run([Deno.execPath(), "eval", script], {
            env,
            cwd: root,
          });
          assertEquals(code, 0, stderr);
          const lines = (JSON.parse(stdout) as string[]).map((line) => line.trim());
          const utc = ["Fri Apr  3 21:09:36 2020", "Mon Jan  5 04:05:06 2026"];
          const nist = ["58942 20-04-03 21:09:36", "61045 26-01-05 04:05:06"]
            .map((line) => `${line} 00 0 0   0.0 UTC(timesrv) *`);
          assertEquals(
            lines,
            [0, 1].flatMap((i) => [
              ...expected.slice(i * 3, i * 3 + 3),
              nist[i],
              expected[i * 3],
              utc[i],
              nist[i],
            ]),
            `${TZ} ${locale}`,
          );
        }
      }
    },
  ),
);
