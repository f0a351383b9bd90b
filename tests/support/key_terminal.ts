/** A terminal on which a live view runs: it sends keys, and keeps the screens. */
import { replacing } from "./replacing.ts";

/**
 * Runs a live view on a terminal of 100 columns.
 *
 * @param keys Sent one after the other
 * @param beforeKey Called before each of them, and before the input ends
 * @param run Called with a function that returns the number of keys left
 * @returns The screens, without colours
 */
export async function typeKeys(
  keys: readonly string[],
  beforeKey: () => Promise<unknown>,
  run: (keysLeft: () => number) => Promise<void>,
): Promise<string[]> {
  const screens: string[] = [];
  const left = [...keys];
  const read = async (buffer: Uint8Array): Promise<number | null> => {
    await beforeKey();
    const key = left.shift();
    return key === undefined ? null : new TextEncoder().encodeInto(key, buffer).written;
  };
  const write = (data: Uint8Array): Promise<number> => {
    const text = new TextDecoder().decode(data);
    // deno-lint-ignore no-control-regex -- how the screen is cleared, and what is in colour
    if (text.startsWith("\x1b[H")) screens.push(text.replaceAll(/\x1b\[[\d;]*[A-Za-z]/g, ""));
    return Promise.resolve(data.length);
  };
  await replacing([
    [Deno.stdin, { isTerminal: () => true, setRaw: () => {}, read }],
    [Deno.stdout, { write, isTerminal: () => true }],
    [Deno, {
      addSignalListener: () => {},
      removeSignalListener: () => {},
      consoleSize: () => ({ columns: 100, rows: 24 }),
    }],
  ], () => run(() => left.length));
  return screens;
}
