import { assert, assertEquals, assertMatch } from "@std/assert";
import { serve } from "../../mod.ts";
import { where } from "../support/needs.ts";
import { bothPrograms } from "../support/programs.ts";
import { simulatedClock } from "../support/simulated_clock.ts";
import { until } from "../support/wait.ts";
import { Tmux } from "./tmux.ts";

const often = ["--interval", "0.1"] as const;

for (const { kind, needs, timecli } of await bothPrograms()) {
  const watch = [...timecli, "watch"] as const;
  const test = (name: string, fn: () => Promise<void>): Promise<Deno.TestDefinition> =>
    where(
      { ...needs, commands: ["tmux", "ps", "sh", "stty", "env"] },
      `timecli watch (${kind}): ${name}`,
      fn,
    );

  /** Asserts that nothing is left of the screen but the figures, and returns what is shown. */
  const assertRestored = async (terminal: Tmux, code: number): Promise<string> => {
    const screen = await terminal.shows(/code=\d+, .*restored/);
    assertMatch(screen, /^before\n/);
    assertMatch(screen, new RegExp(`^code=${code}, restored$`, "m"));
    assertEquals([await terminal.fact("alternate_on"), await terminal.fact("cursor_flag")], [
      "0",
      "1",
    ]);
    return screen;
  };

  Deno.test(
    await test("draws a live view that fits the terminal, and leaves it at Ctrl-C", async () => {
      await using server = await serve("ntp://127.0.0.1:0");
      const url = server.addresses[0]?.url ?? "";
      await using terminal = await Tmux.open([...watch, ...often, url]);
      const first = await terminal.shows(/^Delay [^]*•/m);
      assertMatch(first, /^timecli watch {3}00:00:/);
      assertMatch(first, /^ {2}SERVER +OFFSET +DELAY +JITTER +LOST +STRATUM +LEAP$/m);
      assertMatch(first, new RegExp(`^ {2}${url} +[+-].* 0 % +10 +none$`, "m"));
      assertMatch(first, /^Offset(?: from \S+ [mµn]?s)? {2}min [+-]\S+ [mµn]?s {2}mean /m);
      assertEquals(first.match(/^ +-\d+ s +.*-\d+ s +now$/gm)?.length, 2);
      assertMatch(first, /\nq quit [^\n]+\n$/);
      assertEquals([await terminal.fact("alternate_on"), await terminal.fact("cursor_flag")], [
        "1",
        "0",
      ]);

      await terminal.resize(140, 20);
      const wide = await terminal.shows(/ STDDEV {2,}LOST .*\n[^]* -\d+ s {30,}-\d+ s/);
      assertEquals(wide.trimEnd().split("\n").length, 20);
      await terminal.resize(60, 12);
      assertMatch(await terminal.shows(/^ {2}SERVER(?!.*STDDEV)[^]*^Offset/m), /\nq quit /);

      await terminal.resize(100, 30);
      await terminal.press("C-c");
      const last = await assertRestored(terminal, 0);
      assertMatch(last, /^SERVER +SENT +LOST +OFFSET .*DELAY$/m);
      assertMatch(last, new RegExp(`^${url} +\\d+ +0 +[-+]`, "m"));
    }),
  );

  Deno.test(
    await test("obeys its keys", async () => {
      await using server = await serve(["ntp://127.0.0.1:0", "time://127.0.0.1:0"]);
      const urls = server.addresses.map(({ url }) => url);
      await using terminal = await Tmux.open([...watch, ...often, ...urls]);
      await terminal.shows(/^Delay /m);
      // The shortest that there is, and from there on.
      await terminal.press(...Array(8).fill("+"), "-", "-", "s");
      await terminal.shows(/-5 min +-4 min /);
      await terminal.press("-");
      await terminal.shows(/-15 min +-12 min /);
      await terminal.press("+", "+");
      await terminal.shows(/-60 s +-45 s /);
      await terminal.press("Tab");
      await terminal.shows(/^> time:/m);
      await terminal.press("BTab");
      await terminal.shows(/^> ntp:/m);
      await terminal.press("Down");
      await terminal.shows(/^> time:/m);

      await terminal.press("p");
      const paused = await terminal.shows(/ paused$/m);
      const asked = server.totals.received;
      await until(() => server.totals.received >= asked + 6);
      assertEquals(await terminal.screen(), paused);
      await terminal.press("Space");
      await terminal.shows(/^timecli watch {3}[\d:]+$/m);

      await terminal.press("x", "Up", "q");
      await assertRestored(terminal, 0);
    }),
  );

  Deno.test(
    await test("reports a step and an outage, on the screen and at the end", async () => {
      const clock = simulatedClock(0);
      const server = await serve("ntp://127.0.0.1:0", { clock });
      await using _ = server;
      const url = server.addresses[0]?.url ?? "";
      await using terminal = await Tmux.open([...watch, ...often, url]);
      await terminal.shows(/•/);
      clock.aheadSeconds = 60;
      await terminal.shows(/^\d\d:\d\d:\d\dZ {2}offset step of \+(60\.|59\.9)/m);
      await server.shutdown();
      await terminal.shows(/% +refused [^]*^\d\d:\d\d:\d\dZ {2}gone: /m);
      await terminal.press("q");
      // Lines that are longer than the terminal is wide.
      const last = (await assertRestored(terminal, 0)).replaceAll(/(?<=.{100})\n/g, "");
      assertMatch(last, /^\S+\.\d{3}Z {2}ntp:\S+ {2}offset step of .*: its clock jumped$/m);
      assertMatch(last, /^\S+\.\d{3}Z {2}ntp:\S+ {2}gone: Nothing listens /m);
    }),
  );

  Deno.test(
    await test("keeps to ASCII where the locale is not UTF-8, and draws nothing if it cannot", async () => {
      await using server = await serve("ntp://127.0.0.1:0");
      const url = server.addresses[0]?.url ?? "";
      {
        const options = { locale: "C" };
        await using terminal = await Tmux.open([...watch, ...often, url], options);
        const screen = await terminal.shows(/^Delay [^]*\*/m);
        assertMatch(screen, /^[\n -~]*$/);
        await terminal.press("C-c");
        assertMatch(await assertRestored(terminal, 0), /^[\n -~]*$/);
      }
      const dumb = ["env", "TERM=dumb", ...watch, ...often, "--count", "3", url];
      await using terminal = await Tmux.open(dumb);
      const screen = await assertRestored(terminal, 0);
      assertEquals(screen.match(/^\S+Z {2}ntp:.*offset/gm)?.length, 3);
    }),
  );

  Deno.test(
    await test("shows no keys where none are read, and has no colours with NO_COLOR", async () => {
      await using server = await serve("ntp://127.0.0.1:0");
      const url = server.addresses[0]?.url ?? "";
      const deaf = ["sh", "-c", 'exec "$@" </dev/null', "sh", ...watch, ...often, url];
      {
        await using terminal = await Tmux.open(deaf);
        assertMatch(await terminal.shows(/^Delay /m), /\nCtrl-C quits\n$/);
        assert((await terminal.styledScreen()).includes("\x1b[1mtimecli watch"));
        await terminal.press("C-c");
        await assertRestored(terminal, 0);
      }
      await using terminal = await Tmux.open(["env", "NO_COLOR=1", ...deaf]);
      await terminal.shows(/^Delay /m);
      assertEquals((await terminal.styledScreen()).includes("\x1b["), false);
    }),
  );

  Deno.test(
    await test("ends on SIGTERM as on Ctrl-C, and by itself after a count", async () => {
      await using server = await serve("ntp://127.0.0.1:0");
      const url = server.addresses[0]?.url ?? "";
      {
        const endless = [...watch, ...often, url];
        await using terminal = await Tmux.open(endless);
        await terminal.shows(/^Delay /m);
        await terminal.terminate();
        await assertRestored(terminal, 0);
      }
      await using terminal = await Tmux.open([...watch, ...often, "--count", "5", url]);
      assertMatch(await assertRestored(terminal, 0), new RegExp(`^${url} +5 +0 +[-+]`, "m"));
      await using silent = await Tmux.open([
        ...watch,
        "--timeout",
        "0.1",
        "-n1",
        "127.1:9",
      ]);
      await assertRestored(silent, 4);
    }),
  );
}
