import { assertEquals } from "@std/assert";
import { replacing } from "../../support/replacing.ts";
import { TerminalScreen } from "../../../src/cli/shared/terminal_screen.ts";

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
