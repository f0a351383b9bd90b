/** Who may use the control interface: programs of this machine or with the token, never a web page. */
import { isLoopback } from "../../system/address.ts";
import { Refused } from "./http_error.ts";

/** What a gate goes by. */
export interface GateOptions {
  /** Whether it listens on a loopback address: the names it is asked by are this machine's then. */
  readonly isLocal: boolean;
  /** What a request has to know. */
  readonly token?: string | undefined;
}

/**
 * Lets a request pass.
 *
 * A browser sends requests for any page, so what a browser says of them is believed, and what only a
 * browser sends is refused: the header Origin, a site that is not its user's own doing
 * (https://www.w3.org/TR/fetch-metadata/), and the name of a stranger's host that has been made to lead
 * here.
 *
 * @throws {Refused} If it may not
 */
export async function judge(request: Request, { isLocal, token }: GateOptions): Promise<void> {
  const { headers } = request;
  const site = headers.get("sec-fetch-site") ?? "none";
  if (headers.has("origin") || !["none", "same-origin"].includes(site)) {
    throw new Refused(403, "Web pages may not control this server");
  }
  if (isLocal) {
    for (const host of [hostOf(request.url), hostOf(`http://${headers.get("host") ?? ""}/`)]) {
      if (!isOfThisMachine(host)) {
        throw new Refused(403, `This is not ${host || "a host without a name"}`);
      }
    }
  }
  if (token !== undefined && !await isSame(bearerOf(headers), token)) {
    throw new Refused(401, "The token is missing or wrong", { "www-authenticate": "Bearer" });
  }
}

function isOfThisMachine(host: string): boolean {
  return host === "localhost" || isLoopback(host);
}

function hostOf(url: string): string {
  return URL.parse(url)?.hostname.replace(/^\[|\]$/g, "") ?? "";
}

function bearerOf(headers: Headers): string {
  return /^Bearer +(\S+)$/i.exec(headers.get("authorization") ?? "")?.[1] ?? "";
}

/** Compares digests, so that how long it takes says nothing of the token. */
async function isSame(a: string, b: string): Promise<boolean> {
  const [left, right] = await Promise.all([a, b].map(async (text) => {
    const octets = new TextEncoder().encode(text);
    return new Uint8Array(await crypto.subtle.digest("SHA-256", octets));
  }));
  return left?.every((octet, i) => octet === right?.[i]) ?? false;
}
