/** The list of clients over HTTP: its parameters, and its addresses for those who must not see them in full. */
import { type ClientsQuery, clientsQueryFields } from "../../client/clients_query.ts";
import { findOption, parseOption } from "../../options/read.ts";
import type { ClientList } from "../../client/control_api.ts";
import { formatIpWords, isIpv4, parseIpWords } from "../../text/ip_words.ts";

/**
 * Reads which clients to list, and in which order, from the parameters of a URL; others are left out.
 *
 * @throws {SyntaxError} If one cannot be read
 * @throws {RangeError} If one is out of range
 */
export function readClientsQuery(parameters: URLSearchParams): ClientsQuery {
  const query = [...parameters].flatMap(([name, text]) => {
    const { key, field } = findOption(clientsQueryFields, name) ?? {};
    return key === undefined || field === undefined ? [] : [[key, parseOption(field, text, name)]];
  });
  return Object.fromEntries(query);
}

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
