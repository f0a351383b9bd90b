/** One exchange with a server of a simulated network. */
import { exchange, exchangeFields, type ExchangeOptions } from "../../src/client/exchange.ts";
import { readOptions } from "../../src/options/read.ts";
import type { Endpoint } from "../../src/protocols/endpoint.ts";
import type { RawReply } from "../../src/protocols/protocol.ts";
import type { FakeNetwork } from "./fake_network.ts";

export const server: Endpoint = { protocol: "time", hostname: "192.0.2.1", port: 37 };
export const name = "time.example";
export const octets = new Uint8Array([1, 2, 3, 4]);

/** One exchange by its options. */
export function runExchange(
  network: FakeNetwork,
  options: ExchangeOptions,
  hostname = server.hostname,
): Promise<RawReply> {
  const request = (): { octets: Uint8Array } => ({ octets: new Uint8Array(1) });
  const settings = readOptions(exchangeFields, { network, ...options }, "query");
  return network.run(exchange({ ...server, hostname }, request, settings));
}
