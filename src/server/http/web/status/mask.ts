/** Addresses of clients for those who may see a server, but not who uses it. */
import type { ClientList } from "../../../../client/control_api.ts";
import { formatIpWords, isIpv4, parseIpWords } from "../../../../text/ip_words.ts";

/** Cuts the addresses of a list to networks: /24 of IPv4, /48 of IPv6. */
export function maskClients(list: ClientList): ClientList {
  return {
    ...list,
    clients: list.clients.map((client) => ({ ...client, address: maskAddress(client.address) })),
  };
}

function maskAddress(address: string): string {
  const words = new Uint32Array(4);
  if (!parseIpWords(address, words)) return "";
  if (isIpv4(words)) {
    words[3] = (words[3] as number) & 0xffffff00;
    return `${formatIpWords(words)}/24`;
  }
  words[1] = (words[1] as number) & 0xffff0000;
  words.fill(0, 2);
  return `${formatIpWords(words)}/48`;
}
