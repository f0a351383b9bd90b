import { assert, assertEquals, assertMatch } from "@std/assert";
import { serve } from "../../mod.ts";
import { run, Running } from "../support/process.ts";
import { bothPrograms, testsOf } from "../support/programs.ts";

for (const { kind, needs, timecli } of await bothPrograms()) {
  const command = [...timecli, "export"] as const;
  // A program from source has no permission to write.
  const writing = kind === "source"
    ? command.map((word) => word.replace("-P=timecli", "-A")) as [string, ...string[]]
    : command;
  const test = testsOf("timecli export", { kind, needs });

  Deno.test(
    await test("serves metrics until a signal, and prints where", async () => {
      await using server = await serve("ntp://127.0.0.1:0");
      await using exporter = new Running(
        [...command, "--listen", "127.0.0.1:0", server.url],
        { stdout: "piped" },
      );
      const [line, url] = await exporter.waitFor(
        /^Metrics on (http:\S+)\/metrics, more on \S+$/m,
        { stream: "stdout" },
      );
      const response = await fetch(`${url}/metrics`);
      assertMatch(await response.text(), /^# TYPE timecli_up gauge$/m);
      const probe = await fetch(`${url}/probe?target=${encodeURIComponent(server.url)}`);
      assertMatch(await probe.text(), /^probe_success 1$/m);
      const { code } = await exporter.stop();
      assertEquals([code, exporter.stdout, exporter.stderr], [0, `${line}\n`, ""]);
    }),
  );

  Deno.test(
    await test("--once prints metrics, and exits as a query does", async () => {
      await using server = await serve(["ntp://127.0.0.1:0", "daytime://127.0.0.1:0"]);
      const urls = server.addresses.map(({ url }) => url);
      const { code, stdout, stderr } = await run([...command, "--once", ...urls]);
      assertEquals([code, stderr], [0, ""]);
      assertMatch(stdout, /^timecli_requests_total\{server="ntp:\S+"\} 4$/m);
      assertMatch(stdout, /^timecli_delay_seconds\{server="daytime:\S+"\} 0\.\d+$/m);
      assert(!/NaN|timecli_offset_seconds\{server="daytime/.test(stdout), stdout);
      const failed = await run([...command, "--once", "ntp://127.0.0.1:1", urls[0] as string]);
      assertEquals([failed.code, failed.stderr], [4, ""]);
      assertMatch(failed.stdout, /^timecli_up\{server="ntp:\/\/127\.0\.0\.1:1"\} 0$/m);
    }),
  );

  Deno.test(
    await test("-o replaces a file as a whole, which others may read", async () => {
      const folder = await Deno.makeTempDir();
      try {
        await using server = await serve("ntp://127.0.0.1:0");
        const file = `${folder}/time.prom`;
        await Deno.writeTextFile(file, "old\n", { mode: 0o600 });
        const old = await Deno.open(file);
        const { code, stdout, stderr } = await run([...writing, "-o", file, server.url]);
        assertEquals([code, stdout, stderr], [0, "", ""]);
        assertMatch(await Deno.readTextFile(file), /^timecli_up\{.*\} 1$/m);
        assertEquals(((await Deno.stat(file)).mode ?? 0) & 0o777, 0o644);
        // A reader that has it open still sees the old one, whole.
        assertEquals(await new Response(old.readable).text(), "old\n");
        const names = await Array.fromAsync(Deno.readDir(folder), ({ name }) => name);
        assertEquals(names, ["time.prom"]);
      } finally {
        await Deno.remove(folder, { recursive: true });
      }
    }),
  );

  Deno.test(
    await test("mistakes and files that cannot be written are one line each", async () => {
      const url = "ntp://127.0.0.1:1";
      const table: [args: string[], code: number, message: RegExp][] = [
        [["-o", "/nowhere/x.prom", url], 1, /^Cannot write the metrics to .*no such folder$/],
        [["-o", "/dev/null.txt", url], 2, /^--output is .*expected the name .*\.prom$/],
        [["--once"], 2, /^--once needs a server to measure$/],
        [["--once", "--listen", "127.0.0.1", url], 2, /^--once excludes --listen: /],
        [["--listen", "0.0.0.0:0"], 2, /may reach --listen 0\.0\.0\.0:0: it needs --targets/],
        [["--targets", "10.0.0.0/33"], 2, /^--targets is "10\.0\.0\.0\/33", expected networks/],
        [["--interval", "100ms", "192.0.2.1"], 2, /^Cannot query 192\.0\.2\.1 every 0\.1 s/],
        [["ntp://127.0.0.1:0"], 2, /port 0/],
        [["http://127.0.0.1"], 2, /unknown protocol "http"/],
      ];
      for (const [args, code, message] of table) {
        const result = await run([...writing, ...args]);
        assertEquals([result.code, result.stdout], [code, ""], args.join(" "));
        assertMatch(result.stderr, /^timecli: [^\n]+\n$/);
        assertMatch(result.stderr.replace("timecli: ", "").trimEnd(), message);
      }
    }),
  );

  Deno.test(
    await test("other machines may use it with --targets, or without /probe", async () => {
      await using exporter = new Running([
        ...command,
        ...["--listen", "0.0.0.0:0", "--targets", "none"],
      ], { stdout: "piped" });
      const [, url = ""] = await exporter.waitFor(/^Metrics on (http:\S+)\/metrics/m, {
        stream: "stdout",
      });
      const { port } = new URL(url);
      const response = await fetch(`http://127.0.0.1:${port}/probe?target=127.0.0.1`);
      assertEquals(
        [response.status, await response.text()],
        [403, "/probe queries nothing here: see --targets\n"],
      );
    }),
  );
}
