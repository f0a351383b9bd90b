/** The options of a server beside clock, status, guard, faults and log. */
import { MAX_CLIENTS } from "../client/clients_query.ts";
import { seedField } from "../clock/sources/timeline/options.ts";
import { type Fields, flag, oneOf, passed, UNNAMED, whole } from "../options/field.ts";
import { readOptions } from "../options/read.ts";
import { type Endpoint, formatEndpoint } from "../protocols/endpoint.ts";
import { daytimeFormats } from "../protocols/daytime/service.ts";
import { recordField, untilFields } from "./record/options.ts";
import type { ServeOptions } from "./serve_options.ts";
import { transports } from "./transport.ts";
import { httpFields } from "./http/options.ts";
import { ntsFields, type NtsOptions, servesNts } from "./nts/options.ts";
import { upstreamFields } from "./upstreams/options.ts";

export const textFields = {
  utc: flag({ name: "utc", help: "write UTC rather than local time" }),
  daytimeFormat: oneOf(daytimeFormats, {
    name: "daytime-format",
    syntax: "<format>",
    help: "form of Daytime lines",
    default: "ctime",
  }),
};

export const authFields = {
  requireAuth: flag({
    name: "require-auth",
    help: "answer no NTP request without a right MAC or NTS",
  }),
};

export const transportFields = {
  transport: oneOf(transports, {
    name: "transport",
    syntax: "<name>",
    help: "mmsg is fastest, datagram runs everywhere",
    default: "auto",
  }),
  workers: whole(1, navigator.hardwareConcurrency, {
    name: "workers",
    syntax: "<number>",
    help: "threads of mmsg, up to the cores of this machine",
    default: "1",
  }),
  receiveQueueKib: whole(4, 65_536, {
    name: "receive-queue",
    syntax: "<KiB>",
    help: "receive queue of each mmsg socket, in KiB",
    default: "256",
  }),
};

export const clientFields = {
  maxClients: whole(0, MAX_CLIENTS, {
    name: "max-clients",
    syntax: "<number>",
    help: "clients to count for timecli top and --http; 0 for none",
    default: "65536",
  }),
};

/** All options of the library; those that are only passed on are read by their owners. */
const serveFields: Fields<ServeOptions> = {
  ...textFields,
  ...authFields,
  ...transportFields,
  ...clientFields,
  ...untilFields,
  ...upstreamFields,
  ...httpFields,
  ...ntsFields,
  keys: passed(),
  ntsCa: passed(),
  access: passed(),
  rateLimit: passed(),
  clock: passed(),
  status: passed(),
  faults: passed(),
  seed: seedField,
  responder: passed(),
  family: passed(),
  maxTasks: whole(1, Infinity, { ...UNNAMED, name: "maxTasks" }),
  control: passed(),
  controlToken: passed(),
  controlReadOnly: passed(),
  onError: passed(),
  record: recordField,
  signal: passed(),
  log: passed(),
};

/** The keys of a scenario that have no effect: it can be served as it is. */
const scenarioTexts = { name: passed(), description: passed(), clients: passed() };

/**
 * Checks the names of all options, and the values of those that no other module validates.
 *
 * @throws {SyntaxError} If one is unknown or cannot be read
 * @throws {RangeError} If a number is out of bounds
 */
export function checkServeOptions(options: ServeOptions): void {
  readOptions({ ...serveFields, ...scenarioTexts }, options, "serve");
}

/**
 * Checks that authentication can be required.
 *
 * @throws {RangeError} If there are no keys, or a listener speaks another protocol, which has no authentication
 */
export function checkAuth(
  options: Pick<ServeOptions, "requireAuth" | "keys" | keyof NtsOptions>,
  listeners: readonly { readonly endpoint: Endpoint }[],
): void {
  if (!options.requireAuth) return;
  if (options.keys === undefined && !servesNts(options)) {
    throw new RangeError("To require authentication needs keys or NTS");
  }
  const other = listeners.find(({ endpoint }) => endpoint.protocol !== "ntp");
  if (other === undefined) return;
  const url = formatEndpoint(other.endpoint);
  throw new RangeError(`Only ntp:// can require authentication, not ${url}`);
}
