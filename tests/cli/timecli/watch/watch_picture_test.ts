import { assertEquals, assertMatch } from "@std/assert";
// Loaded first, because simulated time would pass meanwhile.
import "../../../../src/cli/timecli/watch/picture/svg.ts";
import { runTimecli } from "../../../support/command_line.ts";
import { simulatedServers } from "../../../support/simulated_servers.ts";

Deno.test("watch draws a picture if any server sent a time", async () => {
  const watch = (...urls: readonly string[]) =>
    runTimecli(["watch", "--count", "1", "--plot", "/dev/stderr", ...urls], {
      network: simulatedServers(),
    });
  const some = await watch("ntp://192.0.2.9", "ntp://192.0.2.1");
  assertEquals(some.code, 3);
  assertMatch(some.stderr, /^<svg [^]*ntp:\/\/192\.0\.2\.1:123[^]*<\/svg>\n$/);
  const none = await watch("ntp://192.0.2.9");
  assertEquals([none.code, none.stderr], [
    3,
    "timecli: No picture is written to /dev/stderr: no time was received\n",
  ]);
});

Deno.test("watch that is interrupted has the figures of the servers that replied", async () => {
  const urls = ["ntp://192.0.2.1", "ntp://192.0.2.9"];
  const { code, stdout } = await runTimecli(["watch", ...urls], {
    network: simulatedServers(),
    interruptAfterMs: 500,
  });
  assertEquals(code, 0);
  assertMatch(stdout, /^ntp:\/\/192\.0\.2\.1:123 +1 +0 +\+0 s /m);
});

Deno.test("watch draws its picture where standard output fails, as that of a closed terminal", async () => {
  const { code, stderr } = await runTimecli(
    ["watch", "--count", "1", "--plot", "/dev/stderr", "ntp://192.0.2.1"],
    {
      network: simulatedServers(),
      onOutput: (text) => {
        // The summary, after all exchanges.
        if (text.startsWith("\n")) throw new Error("Input/output error (os error 5)");
      },
    },
  );
  assertMatch(stderr, /^<svg [^]*<\/svg>\ntimecli: Input\/output error \(os error 5\)\n$/);
  assertEquals(code, 1);
});
