import { type ClientsQuery, clientsQueryFields } from "../../client/clients_query.ts";
import { findOption, parseOption } from "../../options/read.ts";

/**
 * Reads what clients are to be listed from the parameters of a URL; others are left out.
 *
 * @throws {SyntaxError} If one cannot be read
 * @throws {RangeError} If one is out of range
 */
export function readClientsQuery(parameters: URLSearchParams): ClientsQuery {
  const query = [...parameters].map(([name, text]) => {
    const { key, field } = findOption(clientsQueryFields, name) ?? {};
    return key === undefined || field === undefined ? [] : [key, parseOption(field, text, name)];
  });
  return Object.fromEntries(query);
}
