import { environmentVariable, isGranted } from "./permission.ts";
import { runtime } from "./runtime.ts";
import { parsePosixZone, readTzif, type ZoneOffset } from "./time_zone.ts";

/** The files that C libraries read for zones, and for the local zone if TZ is not set. */
const DATABASE = "/usr/share/zoneinfo";
const LOCAL_TIME = "/etc/localtime";

export interface LocalZone {
  /** How far local time is ahead of UTC at a moment, in seconds. */
  readonly offsetAt: ZoneOffset;
  /** Why it may differ from the zone of C programs. */
  readonly warning?: string;
}

/**
 * Finds the time zone of this machine.
 *
 * The zone of JavaScript differs from that of C programs where TZ is a path or has rules
 * (`EST5EDT,M3.2.0,M11.1.0`), and where a file is mounted over the one that `/etc/localtime` links to.
 * Without the permission to read the files, JavaScript's zone is used, with a warning if TZ is another
 * one. Never prompts.
 *
 * @param variable The value of TZ; that of the environment by default
 */
export function findLocalZone(variable: string | undefined = environmentVariable("TZ")): LocalZone {
  if (runtime.build.os === "windows") return { offsetAt: offsetOfRuntime };
  if (variable === undefined) return { offsetAt: readZone(LOCAL_TIME) ?? offsetOfRuntime };
  const name = variable.replace(/^:/, "");
  if (name === "") return { offsetAt: () => 0 };
  const offsetAt = readZone(name.startsWith("/") ? name : `${DATABASE}/${name}`) ??
    unlessFailed(() => parsePosixZone(name));
  if (offsetAt !== undefined) return { offsetAt };
  if (isZoneOfRuntime(name)) return { offsetAt: offsetOfRuntime };
  return {
    offsetAt: () => 0,
    warning: `Cannot read the time zone of TZ=${variable}: local time is UTC`,
  };
}

let found: LocalZone | undefined;

export function localZone(): LocalZone {
  return found ??= findLocalZone();
}

/** How far local time is ahead of UTC at a moment, in seconds. */
export function localOffset(unixSeconds: number): number {
  return localZone().offsetAt(unixSeconds);
}

/** Reads the zone in a file; undefined if there is none, or no permission to read it. */
function readZone(path: string): ZoneOffset | undefined {
  if (!isGranted({ name: "read", path })) return undefined;
  // Deno follows a link only if both its ends may be read.
  return unlessFailed(() => readTzif(runtime.readFileSync(path)));
}

function unlessFailed<T>(action: () => T): T | undefined {
  try {
    return action();
  } catch {
    return undefined;
  }
}

/** Whether JavaScript has a zone of that name, and therefore uses TZ. */
function isZoneOfRuntime(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name.replace(/^posix\//, "") });
    return !name.startsWith("/");
  } catch {
    return false;
  }
}

function offsetOfRuntime(unixSeconds: number): number {
  return -60 * new Date(unixSeconds * 1000).getTimezoneOffset();
}
