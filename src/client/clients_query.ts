/** Which clients of a server are listed, and in which order: for both ends of the control interface. */
import { oneOf, whole } from "../options/field.ts";

/** The order of a list of clients: the highest or latest first, addresses from the lowest. */
export type ClientOrder =
  | "last"
  | "first"
  | "rate"
  | "requests"
  | "answered"
  | "kisses"
  | "denied"
  | "limited"
  | "refused"
  | "address";

const orders: readonly ClientOrder[] = [
  "last",
  "first",
  "rate",
  "requests",
  "answered",
  "kisses",
  "denied",
  "limited",
  "refused",
  "address",
];

/** A page of the list of clients. */
export interface ClientsQuery {
  /**
   * The order.
   *
   * @default {"last"}
   */
  readonly sort?: ClientOrder | undefined;
  /**
   * The most clients to list, 1 to 1000.
   *
   * @default {1000}
   */
  readonly limit?: number | undefined;
  /**
   * The number of clients to leave out first, up to 1000000.
   *
   * @default {0}
   */
  readonly skip?: number | undefined;
}

/** A page has less than half of what a client of the control interface reads. */
export const MAX_PAGE = 1000;

export const MAX_CLIENTS = 1_000_000;

export const clientsQueryFields = {
  sort: oneOf(orders, {
    name: "sort",
    syntax: "<order>",
    help: "order of the clients",
    default: "last",
  }),
  limit: whole(1, MAX_PAGE, {
    name: "limit",
    syntax: "<number>",
    help: "list this many clients",
    default: String(MAX_PAGE),
  }),
  skip: whole(0, MAX_CLIENTS, {
    name: "skip",
    syntax: "<number>",
    help: "leave out this many clients first",
    default: "0",
  }),
};
