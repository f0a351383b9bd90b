import { assert, assertEquals, assertMatch } from "@std/assert";
import { queryExitCodes } from "../../../../src/cli/shared/errors.ts";
import { timecli } from "../../../../src/cli/timecli/timecli.ts";
import type { QueryFailure } from "../../../../src/protocols/failure.ts";
import { serve } from "../../../../src/server/serve.ts";
import { runMain, type Surroundings } from "../../../support/command_line.ts";
import { assertDocumented } from "../../../support/documented.ts";
import { where } from "../../../support/needs.ts";
import type { Outcome } from "../../../support/process.ts";
import { scriptedServer } from "../../../support/scripted_server.ts";
import { freePort } from "../../../support/udp_client.ts";

const needs = {
  permissions: [{ name: "ffi" }, { name: "sys", kind: "networkInterfaces" }],
  files: ["/proc/sys/kernel/osrelease"],
} as const;

function bench(args: readonly string[], surroundings: Surroundings = {}): Promise<Outcome> {
  return runMain("timecli", timecli, ["bench", ...args], surroundings);
}

Deno.test(
  await where(needs, "timecli bench measures every protocol, as text and as JSON", async () => {
    const schemes = ["asctime", "auto", "daytime", "time", "ntp"];
    await using server = await serve(schemes.map((scheme) => `${scheme}://127.0.0.1:0`), {
      transport: "mmsg",
    });
    for (const { url, port, protocol } of server.addresses) {
      const few = ["--count", "40", "--timeout", "5", "--flows", "4", url];
      const json = await bench(["--json", "--pid", String(Deno.pid), ...few]);
      assertEquals([json.code, json.stderr], [0, ""]);
      const result = JSON.parse(json.stdout);
      assertDocumented(structuredClone(result), "bench");
      const { sent, good, bad, lost, late, duplicate, stray } = result;
      assertEquals([sent, good, bad, lost, late, duplicate, stray], [40, 40, 0, 0, 0, 0, 0]);
      assertEquals([result.url, result.address, result.port], [url, "127.0.0.1", port]);
      assertEquals(["offset" in result, "cpu_per_reply" in result], [protocol === "ntp", true]);
      const text = await bench(few);
      assertEquals([text.code, text.stderr], [0, ""]);
      assertMatch(text.stdout, /^Load +64 outstanding requests over 4 flows, /m);
      assertMatch(text.stdout, /^Sent +40\nGood +40$/m);
      assertEquals(text.stdout.includes("CPU time"), false);
    }
  }),
);

Deno.test(
  await where(
    needs,
    "timecli bench sends at the given rate for the given time",
    async () => {
      await using server = await serve("ntp://127.0.0.1:0", { transport: "mmsg" });
      const url = server.addresses[0]?.url ?? "";
      const args = ["--qps", "200", "--duration", "0.3", "--warmup", "0", "--timeout", "5", url];
      const { code, stdout, stderr } = await bench(args, { columns: 80 });
      assertEquals(code, 0, stderr);
      assertMatch(stdout, /^Load +200 requests\/s over 8 flows, /m);
      const [, sent] = /^Sent +(\d+)$/m.exec(stdout) ?? [];
      assert(Number(sent) > 0 && Number(sent) <= 61, stdout);
      // deno-lint-ignore no-control-regex -- how a line is redrawn
      assertMatch(stderr, /\r\x1b\[K0\.\d s of 0\.3: [\d,]+ replies\/s, 0 lost/);
      assert(stderr.endsWith("\r\x1b[K"), stderr);
    },
  ),
);

Deno.test(
  await where(
    needs,
    "timecli bench has a code for each failure, with the reason in JSON",
    async () => {
      const bad = scriptedServer(
        (socket, from) => socket.send(new TextEncoder().encode("Thu Jan  1 00:00:00 1970"), from),
      );
      await using _bad = bad;
      await using silent = scriptedServer(() => {});
      const few = ["--count", "3", "--flows", "1"];
      for (
        const [reason, args, message, sent] of [
          [
            "not_a_time",
            [...few, "--timeout", "5", bad.url],
            /^3 of 3 requests to \S+ got a bad reply$/,
            3,
          ],
          [
            "timeout",
            [...few, "--timeout", "0.05", silent.url],
            /^No reply from \S+ within 50\.00 ms, to any of 3/,
            3,
          ],
          [
            "refused",
            [`ntp://127.0.0.1:${freePort()}`],
            /^Nothing listens on udp 127\.0\.0\.1:\d+; /,
          ],
          ["unknown_host", ["-6", "127.0.0.1"], /^127\.0\.0\.1 is not an IPv6 address/],
          ["unknown_host", ["-4", "ntp://[::1]"], /^::1 is not an IPv4 address/],
          [
            "failed",
            ["--pid", "4194304", silent.url],
            /^Cannot read the CPU time of process 4194304: /,
          ],
        ] as const
      ) {
        const code = reason === "failed" ? 1 : queryExitCodes[reason satisfies QueryFailure];
        const json = await bench(["--json", ...args]);
        const object = JSON.parse(json.stdout);
        assertDocumented(structuredClone(object), "bench");
        assertEquals([json.code, object.error.reason, object.sent], [code, reason, sent]);
        const text = await bench(args);
        assertEquals([text.code, text.stdout === ""], [code, sent === undefined]);
        assertMatch(text.stderr.replace(/^timecli: (.*)\n$/, "$1"), message);
      }
    },
  ),
);

Deno.test(
  await where(needs, "timecli bench that is stopped at once has measured nothing", async () => {
    await using silent = scriptedServer(() => {});
    for (const json of [[], ["--json"]]) {
      const outcome = await bench([...json, silent.url], { onListening: (send) => send("SIGINT") });
      assertEquals(outcome, {
        code: 1,
        stdout: "",
        stderr: "timecli: Stopped before anything was measured\n",
      });
    }
  }),
);

Deno.test(
  await where(
    needs,
    "timecli bench spares servers of others, in the words of its options",
    async () => {
      const outcome = await bench(["192.0.2.1"]);
      assertEquals([outcome.code, outcome.stdout], [2, ""]);
      assertMatch(
        outcome.stderr,
        /^timecli: 192\.0\.2\.1 is not on .*, and confirm it with --i-own-this-server\n$/,
      );
    },
  ),
);
