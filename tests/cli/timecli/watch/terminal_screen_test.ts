import { assertEquals } from "@std/assert";
import { replacing } from "../../../support/replacing.ts";
import { TerminalScreen } from "../../../../src/cli/timecli/watch/terminal_screen.ts";

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
  const writeSync = (data: Uint8Array): number => {
    events.push(new TextDecoder().decode(data));
    return data.length;
  };
  await replacing([
    [Deno.stdin, { isTerminal: () => isTerminal, setRaw, read }],
    [Deno.stdout, { writeSync }],
    [Deno, {
      addSignalListener: (name: string) => void signals.push(`+${name}`),
      removeSignalListener: (name: string) => void signals.push(`-${name}`),
    }],
  ], async () => {
    const onKey = (key: string): void => void keys.push(key);
    const screen = new TerminalScreen({ onKey, onResize: () => {} });
    screen.draw(["one", "two"]);
    await new Promise((resolve) => setTimeout(resolve, 0));
    screen[Symbol.dispose]();
  });
  return { events, keys, signals };
}

const drawn = "\x1b[Hone\x1b[K\r\ntwo\x1b[K\x1b[J";

Deno.test("TerminalScreen is the alternate screen without a cursor, and leaves the terminal as it was", async () => {
  const { events, signals } = await useScreen(true, []);
  assertEquals(events, [
    ...["raw true, with signals", "\x1b[?1049h\x1b[?25l", drawn],
    ...["raw false", "\x1b[?25h\x1b[?1049l"],
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
