/**
 * Load-tests a server in a process of its own, and prints the result as JSON:
 * `deno run -A scripts/bench/load.ts URL OPTIONS [REQUEST]`, with the options of `load()` and a {@linkcode FixedRequest}
 * as JSON.
 */
import { parseTarget } from "../../src/protocols/endpoint.ts";
import { readOptions } from "../../src/options/read.ts";
import { type Dialect, ntpDialect } from "../../src/load/dialects.ts";
import { load, loadAddress } from "../../src/load/load.ts";
import { loadFields } from "../../src/load/options.ts";
import type { FixedRequest } from "./contenders.ts";
import { exitCodeOf, writeLine } from "./options.ts";

async function main([url = "", options = "{}", request]: readonly string[]): Promise<number> {
  const given = JSON.parse(options);
  if (request === undefined) {
    await writeLine(Deno.stdout, JSON.stringify(await load(url, given)));
    return 0;
  }
  const { hostname, port } = parseTarget(url);
  const settings = readOptions(loadFields, given, "load");
  const figures = await loadAddress(hostname, port, fixedDialect(JSON.parse(request)), settings);
  await writeLine(Deno.stdout, JSON.stringify({ url, address: hostname, port, ...figures }));
  return 0;
}

/** One request again and again: to authenticate each anew would cost the generator more than the server. */
function fixedDialect({ hex, replyLength }: FixedRequest): Dialect {
  const { tick, verify } = ntpDialect();
  const { length: headerLength } = ntpDialect().request;
  return {
    request: Uint8Array.fromHex(hex),
    tick,
    verify: (replies, offset, length) =>
      length === replyLength && verify(replies, offset, headerLength),
  };
}

if (import.meta.main) Deno.exit(await exitCodeOf(() => main(Deno.args)));
