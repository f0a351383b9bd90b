/** A terminal or not, as Deno's standard streams tell. */
interface Stream {
  isTerminal(): boolean;
}

/** Whether to write colours to a stream: a terminal, and no NO_COLOR. */
export function hasColour(stream: Stream): boolean {
  return !Deno.noColor && stream.isTerminal();
}

/** A function that sets text in an ANSI style where the stream shows it. */
export function painter(stream: Stream, code: string): (text: string) => string {
  return hasColour(stream) ? (text) => `\x1b[${code}m${text}\x1b[0m` : (text) => text;
}
