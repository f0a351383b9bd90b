/** NTP, Daytime, Time and text together, from one program to the other. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { where } from "../support/needs.ts";
import { run } from "../support/process.ts";
import { bothPrograms, startServer } from "../support/programs.ts";

const FREE = ["ntp", "daytime", "time", "auto"].map((protocol) => `${protocol}://127.0.0.1:0`);

for (const { kind, needs, timesrv, timecli } of await bothPrograms()) {
  /** Starts a server with a listener for each protocol and gives their URLs. */
  const serveAll = async (
    ...options: string[]
  ): Promise<{ urls: string[]; stop: () => Promise<Deno.CommandStatus> }> => {
    const { server } = await startServer(timesrv, ["--log-format", "json", ...options, ...FREE]);
    await server.waitFor(/"url":"auto:/);
    const urls = [...server.stderr.matchAll(/"event":"listening","url":"([^"]+)"/g)]
      .map(([, url = ""]) => url);
    return { urls, stop: () => server.stop() };
  };

  Deno.test(
    await where(
      needs,
      `${kind}: one server speaks every protocol, one client queries them all`,
      async () => {
        const { urls, stop } = await serveAll("--utc", "--stratum", "3", "--refid", "192.0.2.7");
        assertEquals(urls.length, 4);
        const asNtp = urls.at(-1)?.replace("auto", "ntp") ?? "";
        const table = await run([...timecli, ...urls, asNtp]);
        assertEquals([table.code, table.stderr], [0, ""]);
        const rows = table.stdout.trimEnd().split("\n");
        assertEquals(rows.length, 6);
        assertMatch(rows[1] ?? "", / 3 +192\.0\.2\.7 +none$/);
        assertMatch(rows[5] ?? "", / 3 +192\.0\.2\.7 +none$/);

        const json = await run([...timecli, "--json", "--raw", ...urls]);
        const replies = json.stdout.trimEnd().split("\n").map((line) => JSON.parse(line));
        assertEquals(replies.map(({ protocol }) => protocol), [
          "ntp",
          "daytime",
          "time",
          "asctime",
        ]);
        const [ntp, daytime, time] = replies;
        assert(Math.abs(ntp.offset) <= ntp.error_bound, `${ntp.offset} ± ${ntp.error_bound}`);
        assert(Math.abs(time.offset) <= time.error_bound, `${time.offset} ± ${time.error_bound}`);
        assertEquals([ntp.version, ntp.mode, ntp.reference_id_hex], [4, 4, "0xc0000207"]);
        assertEquals(daytime.time.length, "2026-11-22T18:40:18".length);

        const text = await run([...timecli, urls[0] ?? ""]);
        for (const label of ["Server", "Time", "Offset", "Delay", "Stratum", "Leap second"]) {
          assertMatch(text.stdout, new RegExp(`^${label} `, "m"));
        }
        assertEquals((await stop()).code, 0);
      },
    ),
  );

  Deno.test(
    await where(
      needs,
      `${kind}: an unsynchronised server reports it, or stays silent`,
      async () => {
        const { urls, stop } = await serveAll("--unsynchronized");
        const [ntp = "", daytime = "", time = "", auto = ""] = urls;
        const asked = await run([...timecli, ntp]);
        assertEquals(asked.code, 9);
        assertMatch(
          asked.stderr,
          /^timecli: The server 127\.0\.0\.1:\d+ is not synchronised \(leap 3\)\n$/,
        );
        for (const silent of [daytime, time]) {
          assertEquals((await run([...timecli, "-t", "0.3", "-r", "0", silent])).code, 3, silent);
        }
        // Text has nothing but the time.
        assertEquals((await run([...timecli, auto])).code, 0);
        await stop();
      },
    ),
  );

  Deno.test(
    await where(
      needs,
      `${kind}: the exit code is that of the first target that failed`,
      async () => {
        const { urls, stop } = await serveAll();
        const outcome = await run([
          ...timecli,
          "--json",
          urls[0] ?? "",
          "ntp://nosuch.invalid",
          urls[1] ?? "",
        ]);
        assertEquals(outcome.code, 5);
        const lines = outcome.stdout.trimEnd().split("\n").map((line) => JSON.parse(line));
        assertEquals(lines.map(({ error }) => error?.reason), [
          undefined,
          "unknown_host",
          undefined,
        ]);
        await stop();
      },
    ),
  );

  Deno.test(
    await where(needs, `${kind}: Daytime has the requested format`, async () => {
      const forms: [format: string, pattern: RegExp][] = [
        ["ctime", /^\w{3} \w{3} [ \d]\d \d\d:\d\d:\d\d \d{4}\n$/],
        ["rfc1123", /^\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d \+0000\n$/],
        ["iso8601", /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00\n$/],
        ["nist", /^\d{5} \d\d-\d\d-\d\d \d\d:\d\d:\d\d 00 0 0 +0\.0 UTC\(timesrv\) \*\n$/],
      ];
      for (const [format, pattern] of forms) {
        const { urls, stop } = await serveAll("--utc", "--daytime-format", format);
        assertMatch((await run([...timecli, "-q", urls[1] ?? ""])).stdout, pattern);
        await stop();
      }
    }),
  );
}
