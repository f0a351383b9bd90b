/** Where a bundled program keeps what it seldom needs: scripts/compile.ts puts it there. */
const PACKED_MODULE = Symbol.for("timesrv.packed");

/**
 * The module that a bundled program keeps packed, since reading it at every start would take longer
 * than the start; undefined where it is a module like others.
 */
export async function importPacked<Module>(): Promise<Module | undefined> {
  const packed: unknown = Reflect.get(globalThis, PACKED_MODULE);
  if (typeof packed !== "string") return undefined;
  const gzip = new Blob([Uint8Array.fromBase64(packed)]).stream();
  const module = await new Response(gzip.pipeThrough(new DecompressionStream("gzip"))).bytes();
  return await import(`data:text/javascript;base64,${module.toBase64()}`);
}
