import { assert, assertEquals, assertMatch } from "@std/assert";
import { formatAsctime } from "../../src/protocols/asctime/service.ts";
import { where } from "../support/needs.ts";
import { run } from "../support/process.ts";
import { bothPrograms, source, startServer } from "../support/programs.ts";
import { UdpClient } from "../support/udp_client.ts";

const zones = ["America/New_York", "Asia/Kolkata", "Pacific/Chatham", "UTC"];

/** What C understands of TZ besides names: paths, a colon, the posix/ folder, and rules. */
const otherZones = [
  "/usr/share/zoneinfo/Europe/Berlin",
  ":/usr/share/zoneinfo/Pacific/Chatham",
  ":Asia/Kolkata",
  "posix/America/New_York",
  "EST5EDT,M3.2.0,M11.1.0",
  "<+0545>-5:45",
  "CET-1CEST",
  "",
];
const locales = ["C", "de_DE.UTF-8", "ar_EG.UTF-8", "fa_IR", "th_TH.UTF-8", "nosuch"];

/** Python's `asctime` of a zone's time, or of UTC, for each second of a span. */
async function pythonTexts(
  [from, to]: readonly [number, number],
  how: "localtime" | "gmtime",
  env: Record<string, string>,
): Promise<string[]> {
  const script = "import sys, time\n" +
    "for second in range(int(sys.argv[1]), int(sys.argv[2]) + 1):\n" +
    `    print(time.asctime(time.${how}(second)))`;
  const command = ["python3", "-c", script, String(from), String(to)] as const;
  const { code, stdout, stderr } = await run(command, { env });
  assertEquals([code, stderr], [0, ""]);
  return stdout.trimEnd().split("\n");
}

function unixSeconds(): number {
  return Math.floor(Date.now() / 1000);
}

for (const { kind, needs, timesrv, timecli } of await bothPrograms()) {
  for (const utc of [false, true]) {
    Deno.test(
      await where(
        {
          ...needs,
          commands: ["python3"],
          files: [...(needs.files ?? []), ...zones.map((zone) => `/usr/share/zoneinfo/${zone}`)],
        },
        `timesrv (${kind}): serves what Python's asctime prints, ${utc ? "UTC" : "local time"}`,
        async () => {
          const settings = [
            ...[...zones, ...otherZones].map((TZ) => ({ TZ, LC_ALL: "C", LANG: "C" })),
            ...locales.map((locale) => ({ TZ: "Pacific/Chatham", LC_ALL: locale, LANG: locale })),
          ];
          for (const env of settings) {
            const args = [...(utc ? ["--utc"] : []), "asctime://127.0.0.1:0"];
            const { server, port } = await startServer(timesrv, args, { env });
            await using _ = server;
            using client = new UdpClient();
            const before = unixSeconds();
            const text = await client.askText(port);
            const span = [before, unixSeconds()] as const;
            const texts = await pythonTexts(span, utc ? "gmtime" : "localtime", {
              ...env,
              LC_ALL: "C",
            });
            assert(texts.includes(text), `${JSON.stringify(env)}: ${text}, not ${texts}`);
          }
        },
      ),
    );
  }

  Deno.test(
    await where(
      { ...needs, commands: ["python3"] },
      `timecli (${kind}): prints times with the offset from UTC that Python has`,
      async () => {
        const { server, port } = await startServer(timesrv, ["ntp://127.0.0.1:0"]);
        await using _ = server;
        for (const TZ of [...zones, ...otherZones]) {
          const env = { TZ, LC_ALL: "C", LANG: "C" };
          const python = await run(["python3", "-c", 'import time; print(time.strftime("%z"))'], {
            env,
          });
          const { stdout } = await run([...timecli, `ntp://127.0.0.1:${port}`], { env });
          const offset = /^Time .* ([+-]\d{4})$/m.exec(stdout)?.[1];
          assertEquals(offset, python.stdout.trim(), JSON.stringify(TZ));
        }
      },
    ),
  );
}

Deno.test(
  await where(
    source.needs,
    "timesrv (source): warns of a time zone that it cannot read, and serves UTC",
    async () => {
      const env = { TZ: "/nosuch/zone" };
      const { server, port } = await startServer(source.timesrv, undefined, { env });
      await using _ = server;
      using client = new UdpClient();
      const before = unixSeconds();
      const text = await client.askText(port);
      const utc = [before, unixSeconds()].map((seconds) => formatAsctime(seconds, { utc: true }));
      assert(utc.includes(text), text);
      assertMatch(server.stderr, /Warning: .*TZ=\/nosuch\/zone.*local time is UTC/);
    },
  ),
);
