/** Certificate and key of a server by NTS: read from files, checked, and noticed when they change. */
import { makeSelfSigned } from "../../crypto/self_signed.ts";
import { isWildcard } from "../../system/address.ts";
import { quote } from "../../text/json.ts";
import { expandWildcard } from "../local_addresses.ts";
import type { NtsOptions } from "./options.ts";
import { type Credentials, openTls } from "./setup.ts";

/** What a mode of files permits to users who are neither the owner nor of the group. */
const OTHERS = 0o007;

/** Long enough for any test. */
const SELF_SIGNED_DAYS = 30;

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/;

/** Certificate and key, which go together and are valid now. */
export interface CheckedCredentials extends Credentials {
  /** When the certificate ends. */
  readonly end: Temporal.Instant;
  /** The certificate that clients are to trust in PEM, of one that was made. */
  readonly authority?: string;
}

/**
 * Reads certificate and key from their files.
 *
 * @throws {Error} If that fails, others may read the key, or the two are not good for a server now
 * @throws {Deno.errors.NotCapable} If a permission is missing
 */
export async function readCredentials(
  { ntsCert: certificateFile, ntsKey: keyFile }: Pick<NtsOptions, "ntsCert" | "ntsKey">,
  now: Temporal.Instant,
): Promise<CheckedCredentials> {
  const [certificate, key] = [
    await readFile("certificate", certificateFile as string),
    await readFile("key", keyFile as string),
  ];
  return check({ certificate, key }, `certificate in ${quote(certificateFile as string)}`, now);
}

/**
 * Makes a certificate for tests.
 *
 * @param hostnames The addresses that are listened on
 */
export async function makeCredentials(
  hostnames: readonly string[],
  now: Temporal.Instant,
): Promise<CheckedCredentials> {
  const addresses = hostnames.flatMap((each) =>
    isWildcard(each) ? expandWildcard(each).hostnames : [each]
  );
  const names = new Set(["localhost", "127.0.0.1", "::1", ...addresses.map(withoutZone)]);
  // A clock that is behind by less than a day finds it valid, too.
  const from = now.subtract({ hours: 24 });
  const { authority, ...made } = await makeSelfSigned([...names], from, SELF_SIGNED_DAYS);
  return { ...await check(made, "certificate", now), authority };
}

/**
 * Writes the authority of a certificate that was made, if there is a file for it.
 *
 * @throws {Error} If it cannot be written
 * @throws {Deno.errors.NotCapable} If a permission is missing
 */
export async function writeAuthority(
  file: string | undefined,
  { authority }: CheckedCredentials,
): Promise<void> {
  if (file === undefined || authority === undefined) return;
  try {
    await Deno.writeTextFile(file, authority);
  } catch (cause) {
    if (cause instanceof Deno.errors.NotCapable) throw cause;
    throw new Error(`Cannot write the certificate of NTS to ${quote(file)}: ${problemOf(cause)}`, {
      cause,
    });
  }
}

/** What changes when one of the files does; undefined while one of them cannot be looked at. */
export async function versionOf(files: readonly string[]): Promise<string | undefined> {
  try {
    const infos = await Promise.all(files.map((file) => Deno.stat(file)));
    return infos.map(({ mtime, ino, size }) => `${mtime?.getTime()} ${ino} ${size}`).join(" ");
  } catch {
    return undefined;
  }
}

async function readFile(what: "certificate" | "key", file: string): Promise<string> {
  const action = `Cannot read the ${what} of NTS ${quote(file)}`;
  let opened: Deno.FsFile;
  try {
    opened = await Deno.open(file);
  } catch (cause) {
    if (cause instanceof Deno.errors.NotCapable) throw cause;
    throw new Error(`${action}: ${problemOf(cause)}`, { cause });
  }
  // Of the open file: its name may soon be that of another.
  const { mode, isDirectory } = await opened.stat();
  if (isDirectory || what === "key" && mode !== null && (mode & OTHERS) !== 0) {
    opened.close();
    if (isDirectory) throw new Error(`${action}: it is a folder`);
    throw new Error(`Others may use the key of NTS ${quote(file)}: run chmod o= on it`);
  }
  return await new Response(opened.readable).text();
}

function problemOf(cause: unknown): string {
  if (cause instanceof Deno.errors.NotFound) return "there is no such file or folder";
  if (cause instanceof Deno.errors.PermissionDenied) return "permission denied";
  if (cause instanceof Deno.errors.IsADirectory) return "it is a folder";
  return (cause as Error).message;
}

async function check(
  credentials: Credentials,
  what: string,
  now: Temporal.Instant,
): Promise<CheckedCredentials> {
  let dates: readonly string[];
  try {
    openTls(credentials)[Symbol.dispose]();
    const { X509Certificate } = await import("node:crypto");
    // The key may be in the same file, before it.
    const first = CERTIFICATE.exec(credentials.certificate)?.[0];
    if (first === undefined) throw new Error("there is no certificate in PEM");
    const { validFrom, validTo } = new X509Certificate(first);
    dates = [validFrom, validTo];
  } catch (cause) {
    if (cause instanceof Deno.errors.NotCapable) throw cause;
    throw new Error(`Cannot serve NTS: ${(cause as Error).message}`, { cause });
  }
  const [from, end] = dates.map((text) =>
    Temporal.Instant.fromEpochMilliseconds(Date.parse(text))
  ) as [Temporal.Instant, Temporal.Instant];
  if (Temporal.Instant.compare(now, end) > 0) {
    throw new Error(`Cannot serve NTS: the ${what} expired on ${end}`);
  }
  if (Temporal.Instant.compare(now, from) < 0) {
    throw new Error(`Cannot serve NTS: the ${what} is not valid before ${from}`);
  }
  return { ...credentials, end };
}

function withoutZone(address: string): string {
  return address.replace(/%.*/, "");
}
