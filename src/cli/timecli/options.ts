/** The options that several commands of `timecli` have. */
import type { ExchangeOptions } from "../../client/exchange.ts";
import { keysField, ntsCaField } from "../../crypto/options.ts";
import {
  duration,
  type Field,
  flag,
  type Row,
  text,
  type ValuesOf,
  whole,
} from "../../options/field.ts";
import { parseTarget } from "../../protocols/endpoint.ts";
import { wireProtocols } from "../../protocols/registry.ts";
import { addressFamily, canonicalAddress } from "../../system/address.ts";
import type { TimeSpan } from "../../text/duration.ts";
import type { Arguments, Positional } from "../shared/command.ts";
import { familyFields, familyOf } from "../shared/family.ts";
import { writeProblem } from "../shared/output.ts";
import { asArgumentError, UsageError } from "../shared/errors.ts";

/** The options of all commands that query servers: the IP version, the address to send from, and keys. */
export const networkFields = {
  ...familyFields,
  bind: text("an IPv4 or IPv6 address", (address) => {
    const family = addressFamily(address);
    if (family === undefined || !isHost(address)) throw new SyntaxError("no address");
  }, {
    name: "bind",
    short: "I",
    syntax: "<address>",
    help: "address of this machine to send from",
  }),
  keys: keysField,
  ntsCa: ntsCaField,
};

function isHost(address: string): boolean {
  const host = address.replace(/%.+$/, "");
  return URL.canParse(`http://${host.includes(":") ? `[${host}]` : host}`);
}

/**
 * The same options as the library has them; a line on standard error warns of keys.
 *
 * @param targets The servers to query
 * @throws {UsageError} If the address is of another IP version, a key of a server is not there, or keys cannot be read
 * @throws {Deno.errors.NotCapable} If the permission to read the keys is missing
 */
export async function networkOf(
  { values, sources }: NetworkArguments,
  targets: readonly string[],
): Promise<Pick<ExchangeOptions, "bind" | "family" | "keys" | "ntsCa">> {
  return {
    ...familyAndAddress({ values, sources }),
    ...await readKeysFor(targets, { values, sources }),
    ...await readAuthoritiesFor(targets, { values, sources }),
  };
}

interface NetworkArguments extends Pick<Arguments, "sources"> {
  readonly values: ValuesOf<typeof networkFields>;
}

async function readKeysFor(
  targets: readonly string[],
  { values: { keys: file }, sources }: NetworkArguments,
): Promise<Pick<ExchangeOptions, "keys">> {
  const used = targets.flatMap((target) => {
    const { key } = asArgumentError(() => parseTarget(target));
    return key === undefined ? [] : [{ target, key }];
  });
  const [first] = used;
  if (file === undefined) {
    if (first === undefined) return {};
    throw new UsageError(`${first.target} needs --keys, a file with key ${first.key}`);
  }
  // Without targets they are for the datagrams of a capture.
  if (first === undefined && targets.length > 0) {
    if (sources.get("keys") !== "arguments") return {};
    throw new UsageError("--keys is for servers with a key: ntp://HOST?key=7");
  }
  const { readKeys } = await import("../shared/files.ts");
  const keys = await readKeys(file, "timecli");
  const unknown = used.find(({ key }) => !keys.has(key));
  if (unknown) throw new UsageError(`${unknown.target}: there is no key ${unknown.key} in ${file}`);
  const warning = keys.warningOf([...new Set(used.map(({ key }) => key))]);
  if (warning !== undefined) writeProblem(`timecli: ${warning}\n`);
  return { keys };
}

async function readAuthoritiesFor(
  targets: readonly string[],
  { values: { ntsCa: file }, sources }: NetworkArguments,
): Promise<Pick<ExchangeOptions, "ntsCa">> {
  if (file === undefined) return {};
  if (!targets.some((target) => parseTarget(target).nts)) {
    if (sources.get("ntsCa") !== "arguments") return {};
    throw new UsageError("--nts-ca is for servers with NTS: ntp+nts://HOST");
  }
  const { readCertificates } = await import("../shared/files.ts");
  return { ntsCa: await readCertificates(file, "timecli") };
}

function familyAndAddress(
  { values, sources }: NetworkArguments,
): Pick<ExchangeOptions, "bind" | "family"> {
  const { bind } = values;
  const family = familyOf(values);
  const own = bind === undefined ? family : addressFamily(canonicalAddress(bind));
  if (family === undefined || own === family) return { bind, family };
  // The environment gives way to the command line.
  const [bindFrom, familyFrom] = [sources.get("bind"), sources.get(`ipv${family}`)];
  if (bindFrom === familyFrom) {
    throw new UsageError(`--bind ${bind} is an IPv${own} address: leave out -${family}`);
  }
  return bindFrom === "arguments" ? { bind } : { family };
}

/** The time limit of a query, of each request, or of a whole command. */
export function timeoutField(help: string, max = "1d", usual = "3s"): Field<TimeSpan> {
  return duration("1ms", max, { name: "timeout", short: "t", help, default: usual });
}

/** The number of requests. */
export function countField(max: number, help: string, row: Partial<Row> = {}): Field<number> {
  return whole(1, max, {
    name: "count",
    short: "n",
    syntax: "<count>",
    formerFlags: ["-c"],
    help,
    ...row,
  });
}

/** The number of requests whose replies are combined. */
export function samplesField(help: string, row: Partial<Row>): Field<number> {
  return countField(1000, help, { aliases: ["-s", "--samples"], ...row });
}

export const intervalField: Field<TimeSpan> = duration("0s", "1h", {
  name: "interval",
  short: "i",
  help: "time between samples",
  default: "2s; loopback 100ms",
});

/** The output for programs: `--json` alone, or `--csv` beside it. */
export const jsonField: Field<boolean> = flag({
  name: "json",
  short: "j",
  help: "print one JSON object",
});

/** The output for programs of a command that has both forms. */
export function formatFields(json: string, csv: string): Record<"json" | "csv", Field<boolean>> {
  return {
    json: flag({ name: "json", short: "j", help: json, conflicts: ["csv"] }),
    csv: flag({ name: "csv", help: csv }),
  };
}

/** The completions of a server whose replies have an offset. */
const measurableOffers: readonly string[] = ["ntp://", "ntp+nts://", "time://"];

/** The servers of a command that needs an offset. */
export const serversArgument: Positional = {
  name: "urls",
  help: "servers: [PROTOCOL://]HOST[:PORT], NTP by default",
  isRequired: true,
  isRepeatable: true,
  offers: measurableOffers,
};

/** The completions of a target of any protocol. */
export const targetOffers: readonly string[] = [...wireProtocols, "ntp+nts"].map((protocol) =>
  `${protocol}://`
);
