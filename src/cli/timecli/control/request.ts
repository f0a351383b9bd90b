/** The request that an action of `timecli control` stands for. */
import { type ClientsQuery, clientsQueryFields } from "../../../client/clients_query.ts";
import type { ControlAction } from "../../../client/control_api.ts";
import { clockFields } from "../../../clock/sources/timeline/options.ts";
import { pickOptions } from "../../../options/read.ts";
import type { ValuesOf } from "../../../options/field.ts";
import type { FaultsOptions } from "../../../server/faults/options.ts";
import { addNamedFault } from "../../../server/faults/text.ts";
import { parseNetworks } from "../../../text/ip_words.ts";
import { formatRateLimit, guardFields } from "../../../server/guard/options.ts";
import { addressFamily } from "../../../system/address.ts";
import { parseDurationNs } from "../../../text/duration.ts";
import { suggest } from "../../../text/suggest.ts";
import type { Arguments } from "../../shared/command.ts";
import { asArgumentError, UsageError } from "../../shared/errors.ts";
import { findScenario } from "../../timesrv/scenarios.ts";
import { quote } from "../../../text/json.ts";

const { allow: _allow, deny: _deny, ...limitFields } = guardFields;

/** The options of `set`: a clock's, or those of access and rate limit. */
export const changeGroups = {
  "Simulated clock, for set:": {
    ...clockFields,
    freeze: { ...clockFields.freeze, conflicts: ["rate"] },
  },
  "Access and rate limit, for set:": limitFields,
} as const;

/** The options of `clients`. */
export const listGroup = { "List, for clients:": clientsQueryFields } as const;

/** The actions of the command line; those of the interface are others in part. */
export const actions = [
  ...["state", "sources", "set", "step", "faults", "scenario", "clients", "exchanges"],
  ...["access", "allow", "deny", "accheck", "reset"],
] as const;

export interface PlannedRequest {
  readonly action: ControlAction;
  readonly body?: unknown;
  readonly query?: ClientsQuery | { readonly address: string };
}

type Values =
  & ValuesOf<typeof clockFields>
  & ValuesOf<typeof limitFields>
  & ValuesOf<typeof clientsQueryFields>;

/**
 * Plans the request of an action.
 *
 * @throws {UsageError} If the action is unknown, or its values or options do not belong to it
 */
export async function planRequest(
  name: string,
  args: readonly string[],
  { values, sources }: { readonly values: Values; readonly sources: Arguments["sources"] },
): Promise<PlannedRequest> {
  const action = actions.find((each) => each === name);
  if (action === undefined) {
    throw new UsageError(`Unknown action ${quote(name)}: ${suggest(name, actions)}`);
  }
  checkOptions(action, sources);
  const [value, ...others] = args;
  const single = (what: string): string => {
    if (value !== undefined && others.length === 0) return value;
    throw new UsageError(`${action} needs one ${what}`);
  };
  switch (action) {
    case "step": {
      const step = single("duration, such as +1h");
      asArgumentError(() => parseDurationNs(step));
      return { action, body: { step } };
    }
    case "faults":
      return {
        action,
        body: asArgumentError(() =>
          args.reduce<FaultsOptions>((faults, fault) => addNamedFault(faults, fault), {})
        ),
      };
    case "scenario": {
      const name = single("name, such as y2038, or ./FILE.json");
      return { action, body: await findScenario(name, "timecli") };
    }
    case "allow":
    case "deny":
      if (value === undefined) {
        throw new UsageError(`${action} needs networks, such as 192.0.2.0/24`);
      }
      args.forEach((network) => asArgumentError(() => parseNetworks(network)));
      return { action: "changeAccess", body: { [action]: args } };
    case "accheck": {
      const address = single("address, such as 192.0.2.7");
      if (addressFamily(address) !== undefined) {
        return { action: "checkAccess", query: { address } };
      }
      throw new UsageError(
        `Cannot read the address ${quote(address)}: expected one such as 192.0.2.7`,
      );
    }
  }
  if (value !== undefined) throw new UsageError(`${action} accepts no value: remove ${value}`);
  switch (action) {
    case "set":
      return planChange(values);
    case "clients":
      return { action, query: pickOptions(clientsQueryFields, values) };
    default:
      return { action };
  }
}

/** Refuses options that belong to another action, but not those of the environment, which are for all. */
function checkOptions(action: (typeof actions)[number], sources: Arguments["sources"]): void {
  const isGiven = (fields: Readonly<Record<string, unknown>>): boolean =>
    Object.keys(fields).some((key) => sources.get(key) === "arguments");
  if (action !== "set" && isGiven(clockFields)) {
    throw new UsageError(`Clock options are for set, not for ${action}`);
  }
  if (action !== "set" && isGiven(limitFields)) {
    throw new UsageError(`Options of access and rate limit are for set, not for ${action}`);
  }
  if (action !== "clients" && isGiven(clientsQueryFields)) {
    throw new UsageError(`--sort, --limit and --skip are for clients, not for ${action}`);
  }
}

function planChange(values: Values): PlannedRequest {
  const clock = pickOptions(clockFields, values);
  const { rateLimit, ...access } = pickOptions(limitFields, values);
  const hasClock = Object.keys(clock).length > 0;
  const hasAccess = rateLimit !== undefined || Object.keys(access).length > 0;
  // Each is one change, all or nothing.
  if (hasClock && hasAccess) {
    throw new UsageError("The clock and the rate limit are two changes: use set twice");
  }
  if (hasClock) return { action: "set", body: clock };
  if (!hasAccess) throw new UsageError("set needs options, such as --offset +1h");
  const limit = typeof rateLimit === "object" ? formatRateLimit(rateLimit) : rateLimit;
  return {
    action: "changeAccess",
    body: { ...limit !== undefined && { rateLimit: limit }, ...access },
  };
}
