/** Checks of options that only make sense together, before anything is started. */
import { statusFields } from "../../clock/sources/options.ts";
import { clockFields } from "../../clock/sources/timeline/options.ts";
import { planTimeline } from "../../clock/sources/timeline/plan.ts";
import { formatEndpoint } from "../../protocols/endpoint.ts";
import { type Field, file, type ValuesOf } from "../../options/field.ts";
import { pickOptions } from "../../options/read.ts";
import { accessTable } from "../../server/guard/access.ts";
import { guardFields, type GuardOptions, joinGuardOptions } from "../../server/guard/options.ts";
import { needsToken, parseControl } from "../../http/address.ts";
import { checkAuth, clientFields } from "../../server/options.ts";
import type { ServeOptions } from "../../server/serve_options.ts";
import { checkNts, ntsFields, type NtsOptions, servesNts } from "../../server/nts/options.ts";
import { parseUpstream } from "../../server/upstreams/options.ts";
import { controlFields, httpFields } from "../../server/http/options.ts";
import { readCertificates, readKeys, readToken } from "../shared/files.ts";
import { type ListenerSpec, parseListeners } from "../../server/listener.ts";
import type { Transport } from "../../server/transport.ts";
import { type AddressFamily, addressFamily } from "../../system/address.ts";
import { asArgumentError, UsageError } from "../shared/errors.ts";
import type { Served } from "./scenarios.ts";

/** The option for a file with the token of an interface. */
function tokenFile(interfaceName: "control" | "http"): Field<string> {
  return file({
    name: `${interfaceName}-token-file`,
    help: "file with the token, which others may not read",
    conflicts: [`${interfaceName}-token`],
  });
}

export const controlGroup = { ...controlFields, controlTokenFile: tokenFile("control") };

export const httpGroup = { ...httpFields, httpTokenFile: tokenFile("http") };

/**
 * Parses the listeners.
 *
 * @param family The required IP version, if any
 * @throws {UsageError} If one of them cannot be read, has an address of another, or one of another IP version
 */
export function readListeners(
  urls: readonly string[],
  family: AddressFamily | undefined,
): readonly ListenerSpec[] {
  const listeners = asArgumentError(() => parseListeners(urls));
  for (const { endpoint: { hostname }, clock } of listeners) {
    if (clock) asArgumentError(() => planTimeline(clock, Temporal.Now.instant().epochNanoseconds));
    const own = addressFamily(hostname);
    if (family !== undefined && own !== undefined && own !== family) {
      throw new UsageError(`${hostname} is an IPv${own} address: leave out -${family}`);
    }
  }
  return listeners;
}

/** @throws {UsageError} If options contradict upstream servers, from which time and status come, or need some */
export function checkUpstreams(
  values: Readonly<Record<string, unknown>>,
  { clock, status }: Served,
  listeners: readonly ListenerSpec[],
): void {
  if (values.upstreams === undefined) {
    if (values.maxDistance === undefined) return;
    throw new UsageError("--max-distance needs --upstream");
  }
  const { seed: _seed, ...fields } = { ...statusFields, ...clockFields };
  const given = Object.entries({ ...fields, leapFile: { name: "leap-file" } })
    .find(([key]) => values[key] !== undefined);
  const own = listeners.find(({ clock }) => clock !== undefined);
  const isScenario = [clock, status].some((options) => Object.keys(options ?? {}).length > 0);
  const other = given !== undefined
    ? `--${given[1].name}`
    : own !== undefined
    ? `the clock of ${formatEndpoint(own.endpoint)}`
    : isScenario
    ? `the clock of --scenario ${values.scenario}`
    : undefined;
  if (other === undefined) return;
  throw new UsageError(
    `--upstream excludes ${other}: time and status come from the upstream servers`,
  );
}

/** @throws {UsageError} If options of the transport contradict each other, or others that exclude `mmsg` */
export function checkTransport(
  { transport, workers = 1, receiveQueueKib }: {
    readonly transport: Transport;
    readonly workers?: number | undefined;
    readonly receiveQueueKib?: number | undefined;
  },
  { hasFaults, isRecorded }: { readonly hasFaults: boolean; readonly isRecorded: boolean },
): void {
  if (transport === "mmsg" && hasFaults) {
    throw new UsageError(
      "Faults delay replies, which the mmsg transport cannot do: leave out --transport mmsg",
    );
  }
  if (transport === "mmsg" && isRecorded) {
    throw new UsageError(
      "Exchanges are recorded on the main thread, not by the mmsg transport: " +
        "leave out --transport mmsg",
    );
  }
  if (transport === "datagram" && (workers > 1 || receiveQueueKib !== undefined)) {
    throw new UsageError("--workers and --receive-queue are for --transport mmsg");
  }
}

/**
 * Builds the options of the guard.
 *
 * @throws {UsageError} If they contradict each other
 */
export function readGuard(values: ValuesOf<typeof guardFields>): GuardOptions {
  return asArgumentError(() => {
    const options = joinGuardOptions(pickOptions(guardFields, values));
    accessTable(options.access ?? {});
    return options;
  });
}

/**
 * Reads the symmetric keys, and checks the options of NTS.
 *
 * @throws {UsageError} If authentication is required without a way to it or of other protocols, an upstream server has a
 * key that is not there, options of NTS contradict each other, or the file cannot be read
 * @throws {Deno.errors.NotCapable} If the permission to read the file is missing
 */
export async function readAuth(
  { keys: file, requireAuth, ntsCa, upstreams = [], ...nts }: {
    readonly keys?: string | undefined;
    readonly requireAuth?: boolean | undefined;
    readonly ntsCa?: string | undefined;
    readonly upstreams?: readonly string[] | undefined;
  } & NtsOptions,
  listeners: readonly ListenerSpec[],
): Promise<Pick<ServeOptions, "keys" | "ntsCa" | "requireAuth">> {
  asArgumentError(() => checkNts(nts, listeners));
  if (requireAuth && file === undefined && !servesNts(nts)) {
    throw new UsageError("--require-auth needs --keys or NTS");
  }
  const keys = file === undefined ? undefined : await readKeys(file, "timesrv");
  if (ntsCa !== undefined && !upstreams.some((url) => parseUpstream(url).endpoint.nts)) {
    throw new UsageError("--nts-ca needs an --upstream with NTS: ntp+nts://HOST");
  }
  const options = {
    keys,
    ...(requireAuth && { requireAuth }),
    ...(ntsCa !== undefined && { ntsCa: await readCertificates(ntsCa, "timesrv") }),
  };
  asArgumentError(() => checkAuth({ ...options, ...pickOptions(ntsFields, nts) }, listeners));
  for (const url of upstreams) {
    const { key } = parseUpstream(url).endpoint;
    if (key === undefined || keys?.has(key)) continue;
    const problem = file === undefined ? "needs --keys" : `there is no key ${key} in ${file}`;
    throw new UsageError(`--upstream ${url}: ${problem}`);
  }
  return options;
}

/** Refuses an option of an interface that is not opened. */
function requireInterface(
  name: "control" | "http",
  group: Readonly<Record<string, Field>>,
  values: Readonly<Record<string, unknown>>,
): void {
  if (values[name] !== undefined) return;
  const given = Object.entries(group).find(([key]) => values[key] !== undefined);
  if (given !== undefined) throw new UsageError(`--${given[1].name} needs --${name}`);
}

/**
 * Reads the options of the control interface, the token from its file if one is named.
 *
 * @throws {UsageError} If other machines could change the server without a token, or the file has none
 * @throws {Deno.errors.NotCapable} If the permission to read the file is missing
 */
export async function readControl(
  values: ValuesOf<typeof controlGroup & typeof clientFields & Pick<typeof httpFields, "http">>,
): Promise<ValuesOf<typeof controlFields & typeof clientFields>> {
  requireInterface("control", controlGroup, values);
  const { control, controlToken, controlTokenFile: file, maxClients, http } = values;
  if (control === undefined && http === undefined && maxClients !== undefined) {
    throw new UsageError("--max-clients needs --control or --http");
  }
  const hasToken = controlToken !== undefined || file !== undefined;
  if (control !== undefined && !hasToken && needsToken(parseControl(control).hostname)) {
    throw new UsageError(
      `Other machines may reach --control ${control}: it needs a --control-token-file`,
    );
  }
  const options = pickOptions({ ...controlFields, ...clientFields }, values);
  if (file === undefined) return options;
  return { ...options, controlToken: await readToken(file, "timesrv") };
}

/**
 * Reads the options of the HTTP interface, the token from its file if one is named.
 *
 * @throws {UsageError} If they contradict each other, or the file has no token
 * @throws {Deno.errors.NotCapable} If the permission to read the file is missing
 */
export async function readHttp(
  values: ValuesOf<typeof httpGroup>,
): Promise<ValuesOf<typeof httpFields>> {
  requireInterface("http", httpGroup, values);
  const options = pickOptions(httpFields, values);
  const { httpTokenFile: file } = values;
  return file === undefined ? options : { ...options, httpToken: await readToken(file, "timesrv") };
}
