/** Writes all of a text to a standard stream. */
export function writeText(
  stream: { writeSync(data: Uint8Array): number },
  text: string,
): void {
  let data = new TextEncoder().encode(text);
  while (data.length > 0) data = data.subarray(stream.writeSync(data));
}
