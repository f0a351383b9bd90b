/** How the programs end at a signal, without a terminal. */
import { assertEquals, assertMatch } from "@std/assert";
import { Running } from "../support/process.ts";
import { bothPrograms, testsOf } from "../support/programs.ts";
import { ntpReply, scriptedServer } from "../support/scripted_server.ts";
import { within } from "../support/wait.ts";

for (const { kind, needs, timecli } of await bothPrograms()) {
  const onLinux = { ...needs, linux: true };
  const test = testsOf("timecli", { kind, needs });

  /** Starts a command, and stops it after the first reply, or else the first request. */
  const stopEarly = async (
    args: readonly string[],
    signal: Deno.Signal,
    isSilent = false,
  ): Promise<{ code: number; stdout: string }> => {
    const requested = Promise.withResolvers<void>();
    await using server = scriptedServer((socket, from, count, request) => {
      if (isSilent || count > 1) requested.resolve();
      return isSilent ? undefined : socket.send(ntpReply(request), from);
    }, "ntp");
    await using running = new Running([...timecli, ...args, server.url], { stdout: "piped" });
    await within(20, requested.promise, () => `: ${running.stderr}`);
    const { code } = await running.stop(signal, 8);
    return { code, stdout: running.stdout };
  };

  Deno.test(
    await test("SIGHUP ends what waits, as SIGTERM does", async () => {
      for (
        const [args, isSilent, expected] of [
          [["watch", "--interval", "0.05"], false, /^ntp:\S+ +\d+ +0 /m],
          [["wait", "--timeout", "600"], true, /^$/],
          [["--count", "1000"], true, /^$/],
        ] as const
      ) {
        const [terminated, hungUp] = [
          await stopEarly(args, "SIGTERM", isSilent),
          await stopEarly(args, "SIGHUP", isSilent),
        ];
        assertEquals(hungUp.code, terminated.code, args[0]);
        for (const { stdout } of [terminated, hungUp]) assertMatch(stdout, expected);
      }
    }),
  );

  Deno.test(
    await test("bench ends at once, whatever its rate, with what it has measured", async () => {
      for (
        const [signal, args] of [
          ["SIGINT", []],
          ["SIGTERM", ["--qps", "100"]],
          ["SIGHUP", ["--qps", "1000000"]],
        ] as const
      ) {
        // It would wait 10 s for the replies, and the test waits 8 s for its end.
        const bench = ["bench", "--warmup", "0", "--duration", "600", "--timeout", "10", ...args];
        const { stdout } = await stopEarly(bench, signal, true);
        assertMatch(stdout, /^Sent +[\d,]+$/m, signal);
      }
    }, onLinux),
  );
}
