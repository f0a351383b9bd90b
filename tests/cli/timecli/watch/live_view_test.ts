import { assertEquals, assertMatch } from "@std/assert";
import { LiveView } from "../../../../src/cli/timecli/watch/live_view.ts";
import type { WatchNotice } from "../../../../src/cli/timecli/watch/record.ts";
import { typeKeys } from "../../../support/key_terminal.ts";
import { replacing } from "../../../support/replacing.ts";
import { measured, notices as events, recordOf, startMs, url } from "./watch_events.ts";
import { watchedForAMinute } from "./watched_servers.ts";

/** A view of several servers on a terminal that sends these keys, one after the other. */
async function press(
  keys: readonly string[],
  records = watchedForAMinute(),
): Promise<{ screens: string[]; quits: number }> {
  let quits = 0;
  const turn = (): Promise<unknown> => new Promise((resolve) => setTimeout(resolve, 0));
  const screens = await typeKeys(keys, turn, async (keysLeft) => {
    await using _view = new LiveView({
      ...{ records, notices: [], isAscii: true },
      onQuit: () => void quits++,
    });
    while (keysLeft() > 0) await turn();
    for (let i = 0; i < 3; i++) await turn();
  });
  return { screens, quits };
}

/** The server that is marked on each screen. */
function selected(screens: readonly string[]): (string | undefined)[] {
  return screens.map((screen) => /^> (\S+)/m.exec(screen)?.[1]);
}

const [first, second, third, fourth] = [
  ...["ntp://192.0.2.1:123", "time://192.0.2.9:37", "daytime://192.0.2.8:13"],
  "ntp://ahead.example:123",
];

Deno.test("LiveView marks the next server, or the one before, at a key", async () => {
  const down = await press(["\t", "\x1b[B", "\t", "\x1b[B"]);
  assertEquals(selected(down.screens), [first, second, third, fourth, first]);
  const up = await press(["\x1b[Z", "\x1b[A"]);
  assertEquals(selected(up.screens), [first, fourth, third]);
});

Deno.test("LiveView ends at q, pauses at p or space, and draws nothing at another key", async () => {
  const quit = await press(["q", "Q", "x"]);
  assertEquals([quit.quits, quit.screens.length], [2, 3]);
  const { screens } = await press(["p", "p", " "]);
  assertEquals(
    screens.map((screen) => [/ paused/.test(screen), /p resume/.test(screen)]),
    [[false, false], [true, true], [false, false], [true, true]],
  );
});

Deno.test("LiveView changes its time scale at a key, within the scales that there are", async () => {
  // Exchanges of the last minute, whenever this runs.
  const now = (Date.now() - startMs) / 1000;
  const record = recordOf(url, Array.from({ length: 60 }, (_, i) => measured(now - 60 + i, 0, 1)));
  const spans = async (keys: string): Promise<(string | undefined)[]> =>
    (await press([...keys], [record])).screens
      .map((screen) => /^ *-(\d+ \w+) .* now\r?$/m.exec(screen)?.[1]);
  assertEquals(await spans("--+--"), ["15 s", "30 s", "60 s", "30 s", "60 s", "5 min"]);
  assertEquals(await spans("+s"), ["15 s", "15 s", "30 s"]);
  assertEquals(await spans("-------ss"), [
    ...["15 s", "30 s", "60 s", "5 min", "15 min", "60 min", "6 h", "24 h", "15 s", "30 s"],
  ]);
  assertEquals((await spans("--------")).at(-1), "24 h");
});

Deno.test("LiveView explains its keys, sorts the servers, and resets the figures", async () => {
  const { screens, quits } = await press(["?", "o", "o", "o", "o", "o", "r", "?", "q"]);
  assertEquals(screens.map((screen) => /^Any key goes back/m.test(screen)), [
    ...[false, true, false, false, false, false, false, false, true, true],
  ]);
  assertEquals(quits, 1);
  const titles = screens.map((screen) =>
    /^timecli watch {3}\S+(?: {3}by (\w+))?/.exec(screen)?.[1]
  );
  assertEquals(titles.slice(2, 8), [
    ...[undefined, "offset", "delay", "losses", undefined, undefined],
  ]);
  // The mark stays with its server.
  assertEquals(selected(screens.slice(2, 8)), Array(6).fill(first));
  const order = (screen = ""): (string | undefined)[] =>
    [...screen.matchAll(/^[> ] (\w+:\/\/\S+)/gm)].map(([, name]) => name);
  assertEquals(order(screens[3])[0], fourth);
  assertEquals(order(screens[5])[0], second);
  const [, , , , , , sorted, reset] = screens;
  assertMatch(sorted ?? "", /^> ntp:\S+ .* 1\.7 % /m);
  assertMatch(reset ?? "", /^> ntp:\S+ .*\d ms +- +/m);
});

Deno.test("LiveView keeps the latest hundred events, with the server where there are several", async () => {
  const notices: WatchNotice[] = [];
  const screens: string[] = [];
  const write = (data: Uint8Array): Promise<number> => {
    screens.push(new TextDecoder().decode(data));
    return Promise.resolve(data.length);
  };
  const [kiss] = events;
  await replacing([
    [Deno.stdin, { isTerminal: () => false }],
    [Deno.stdout, { write, isTerminal: () => true }],
    [Deno, {
      addSignalListener: () => {},
      removeSignalListener: () => {},
      consoleSize: () => ({ columns: 100, rows: 24 }),
    }],
  ], async () => {
    await using view = new LiveView({
      ...{ records: watchedForAMinute(), notices, isAscii: false },
      onQuit: () => {},
    });
    view.show(measured(0, 0, 1));
    assertEquals(notices, []);
    for (let i = 0; i < 101; i++) if (kiss) view.show(kiss);
    await new Promise((resolve) => setTimeout(resolve, 0));
  });
  assertEquals(notices.length, 100);
  assertMatch(screens.join(""), /Ctrl-C quits/);
});
