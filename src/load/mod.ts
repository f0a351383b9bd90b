/**
 * Load-test a server you own, and verify every reply. Linux only; needs the permission `ffi`.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { serve } from "@timesrv/timesrv";
 * import { load } from "@timesrv/timesrv/load";
 *
 * await using server = await serve("ntp://127.0.0.1:0", { transport: "mmsg", rateLimit: "off" });
 * const { good, bad, lost } = await load(server.url, { requests: 100, window: 8 });
 * assertEquals([good, bad, lost], [100, 0, 0]);
 * ```
 *
 * @module
 */
export type { LoadResult, Percentiles } from "./figures.ts";
export { load } from "./load.ts";
export type { LoadOptions, LoadProgress } from "./options.ts";
