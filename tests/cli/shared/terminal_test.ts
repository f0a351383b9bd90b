import { showsUnicode } from "../../../src/cli/shared/output.ts";
import { canBeDrawnOn, TerminalScreen, terminalSize } from "../../../src/cli/shared/terminal.ts";
import { runTimecli } from "../../support/command_line.ts";
import { replacing } from "../../support/replacing.ts";
import { checkSessions, simulatedServers } from "../../support/simulated_servers.ts";
import { assertEquals, assertMatch } from "@std/assert";

Deno.test("terminalSize takes a size that was never set for 80 by 24", () => {
  const { consoleSize } = Deno;
  try {
    for (
      const [columns, rows, expected] of [
        [0, 0, { columns: 80, rows: 24 }],
        [132, 0, { columns: 132, rows: 24 }],
        [0, 50, { columns: 80, rows: 50 }],
        [40, 10, { columns: 40, rows: 10 }],
      ] as const
    ) {
      Deno.consoleSize = () => ({ columns, rows });
      assertEquals(terminalSize(), expected);
    }
  } finally {
    Deno.consoleSize = consoleSize;
  }
});

Deno.test("a console of Windows, which sets neither TERM nor a locale, is drawn on in Unicode", async () => {
  for (
    const [os, env, isDrawn, isUnicode] of [
      ["windows", {}, true, true],
      ["windows", { TERM: "dumb", LANG: "C" }, false, false],
      ["linux", {}, false, false],
      ["linux", { TERM: "xterm", LANG: "C.UTF-8" }, true, true],
    ] as const
  ) {
    const variables: Readonly<Record<string, string>> = env;
    await replacing([
      [Deno, { build: { ...Deno.build, os } }],
      [Deno.permissions, { querySync: () => ({ state: "granted" }) }],
      [Deno.env, { get: (name: string) => variables[name] }],
    ], async () => {
      assertEquals([await canBeDrawnOn(), showsUnicode()], [isDrawn, isUnicode], os);
    });
  }
});

Deno.test("text for people has the characters of the locale, on a terminal and in a file", async () => {
  const session = (sign: string) =>
    [
      "--count 1 time://192.0.2.6",
      0,
      `
Server   time://192.0.2.6:37
Replies  1 of 1 in 0 s
Offset   -1.000 ms ${sign} 1.011 s: within the error bound
Delay    2.000 ms to 2.000 ms
`,
    ] as const;
  const progress = "\r\x1b[K1 of 1 request\r\x1b[K";
  for (
    const [env, sign] of [
      [{}, "±"],
      [{ LANG: "en_GB.UTF-8" }, "±"],
      [{ LANG: "C" }, "+-"],
      [{ LANG: "en_GB.utf8", LC_CTYPE: "C" }, "+-"],
      [{ LANG: "C", LC_CTYPE: "de_DE.UTF8" }, "±"],
      [{ LC_ALL: "C", LC_CTYPE: "de_DE.UTF8" }, "+-"],
      [{ LC_ALL: "", LANG: "POSIX" }, "+-"],
    ] as const
  ) {
    await checkSessions([[...session(sign), progress]], { columns: 80, env });
    await checkSessions([session(sign)], { env });
  }
});

Deno.test("every command keeps to ASCII where the locale does", async () => {
  const commands = [
    ...["192.0.2.3", "--raw 192.0.2.2", "192.0.2.2 192.0.2.3", "-n 3 192.0.2.2", "192.0.2.7"],
    ...["compare 192.0.2.1 192.0.2.2 192.0.2.3 192.0.2.9", "check -v 192.0.2.2"],
    ...["explain 192.0.2.3", "wait --within 1s 192.0.2.2", "watch -n 2 192.0.2.2 192.0.2.3"],
    `${"x".repeat(2000)}.invalid`,
  ];
  for (const command of commands) {
    const run = (LC_ALL: string) =>
      runTimecli(command.split(" "), { network: simulatedServers(), env: { LC_ALL } });
    const { stdout, stderr } = await run("C");
    assertMatch(stdout + stderr, /^[\n -~]+$/);
    const unicode = await run("C.UTF-8");
    assertEquals(unicode.stdout.split("\n").length, stdout.split("\n").length, command);
  }
});

/** Uses a screen on a terminal that sends these texts, and records what happens to it. */
async function useScreen(
  isTerminal: boolean,
  inputs: readonly string[],
): Promise<{ events: string[]; keys: string[]; signals: string[] }> {
  const [events, keys, signals]: [string[], string[], string[]] = [[], [], []];
  const left = [...inputs];
  const read = (buffer: Uint8Array): Promise<number | null> => {
    const text = left.shift();
    if (text === undefined) return Promise.resolve(null);
    return Promise.resolve(new TextEncoder().encodeInto(text, buffer).written);
  };
  const setRaw = (isRaw: boolean, { cbreak = false } = {}): void =>
    void events.push(`raw ${isRaw}${cbreak ? ", with signals" : ""}`);
  const write = (data: Uint8Array): Promise<number> => {
    events.push(new TextDecoder().decode(data));
    return Promise.resolve(data.length);
  };
  await replacing([
    [Deno.stdin, { isTerminal: () => isTerminal, setRaw, read }],
    [Deno.stdout, { write }],
    [Deno, {
      addSignalListener: (name: string) => void signals.push(`+${name}`),
      removeSignalListener: (name: string) => void signals.push(`-${name}`),
    }],
  ], async () => {
    const onKey = (key: string): void => void keys.push(key);
    const screen = new TerminalScreen({ onKey, onResize: () => {} });
    screen.draw(["one", "two"]);
    await new Promise((resolve) => setTimeout(resolve, 0));
    await screen[Symbol.asyncDispose]();
  });
  return { events, keys, signals };
}

const drawn = "\x1b[Hone\x1b[K\r\ntwo\x1b[K\x1b[J";

Deno.test("TerminalScreen is the alternate screen without a cursor, and leaves the terminal as it was", async () => {
  const { events, signals } = await useScreen(true, []);
  assertEquals(events, [
    ...["raw true, with signals", "\x1b[?1049h\x1b[?25l", drawn],
    ...["\x1b[?25h\x1b[?1049l", "raw false"],
  ]);
  assertEquals(signals, ["+SIGWINCH", "+SIGTSTP", "-SIGWINCH", "-SIGTSTP"]);
});

Deno.test("TerminalScreen reads keys one by one, and the sequence of a special key as one", async () => {
  const { keys } = await useScreen(true, ["q", "pp+", "\x1b[A", "\x1b[Z", "\t"]);
  assertEquals(keys, ["q", "p", "p", "+", "\x1b[A", "\x1b[Z", "\t"]);
});

Deno.test("TerminalScreen reads no keys where standard input is no terminal", async () => {
  const { events, keys } = await useScreen(false, ["q"]);
  assertEquals([events, keys], [["\x1b[?1049h\x1b[?25l", drawn, "\x1b[?25h\x1b[?1049l"], []]);
});

Deno.test("TerminalScreen shows the latest lines once a stopped terminal takes text again", async () => {
  const written: string[] = [];
  const { promise: resumed, resolve: resume } = Promise.withResolvers<void>();
  const write = async (data: Uint8Array): Promise<number> => {
    written.push(new TextDecoder().decode(data));
    if (written.length === 2) await resumed;
    return data.length;
  };
  await replacing([
    [Deno.stdin, { isTerminal: () => false }],
    [Deno.stdout, { write }],
    [Deno, { addSignalListener: () => {}, removeSignalListener: () => {} }],
  ], async () => {
    await using screen = new TerminalScreen({ onKey: () => {}, onResize: () => {} });
    await new Promise((resolve) => setTimeout(resolve, 0));
    for (const line of ["one", "two", "three"]) screen.draw([line]);
    await new Promise((resolve) => setTimeout(resolve, 0));
    assertEquals(written.length, 2);
    resume();
    await new Promise((resolve) => setTimeout(resolve, 0));
    assertEquals(written.slice(1), ["\x1b[Hone\x1b[K\x1b[J", "\x1b[Hthree\x1b[K\x1b[J"]);
  });
});

Deno.test("TerminalScreen outlives its terminal: keys and size can no longer be read", async () => {
  const gone = (): never => {
    throw new Error("Input/output error (os error 5)");
  };
  const sizes = [{ columns: 100, rows: 30 }];
  await replacing([
    [Deno.stdin, { isTerminal: () => true, setRaw: () => {}, read: () => Promise.try(gone) }],
    [Deno.stdout, { write: () => Promise.try(gone) }],
    [Deno, {
      addSignalListener: () => {},
      removeSignalListener: () => {},
      consoleSize: () => sizes.shift() ?? gone(),
    }],
  ], async () => {
    await using screen = new TerminalScreen({ onKey: () => {}, onResize: () => {} });
    assertEquals(screen.size, { columns: 100, rows: 30 });
    await new Promise((resolve) => setTimeout(resolve, 0));
    assertEquals(screen.size, { columns: 100, rows: 30 });
    screen.draw(["one"]);
  });
});
