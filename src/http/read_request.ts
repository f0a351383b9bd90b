/** Reads what node:http parsed of a request. */
import type { IncomingMessage } from "node:http";
import { quote } from "../text/json.ts";
import { escapeLine } from "../text/printable.ts";
import { suggest } from "../text/suggest.ts";
import { HttpError, type HttpRequest } from "./message.ts";

/** Chunk extensions and trailers, beside 8 octets of framing per octet of the body. */
const MAX_FRAMING_OCTETS = 32 * 1024;

/** Characters of a path in messages: it may have thousands. */
const MAX_SHOWN = 100;

/** @throws {HttpError} If two readers of the request could disagree about it */
export function readHeaders({ httpVersion, rawHeaders }: IncomingMessage): Headers {
  if (!["1.0", "1.1"].includes(httpVersion)) {
    throw new HttpError(505, `HTTP/${httpVersion} is not spoken here: expected HTTP/1.1`);
  }
  const headers = new Headers();
  let hosts = 0;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const [name = "", value = ""] = rawHeaders.slice(i, i + 2);
    if (name.toLowerCase() === "host") hosts++;
    headers.append(name, value);
  }
  // RFC 9112 §3.2: a server must refuse these.
  if (hosts > 1 || hosts === 0 && httpVersion === "1.1") {
    throw new HttpError(400, "Expected the header host once");
  }
  const expectation = headers.get("expect") ?? "100-continue";
  if (httpVersion === "1.1" && expectation.toLowerCase() !== "100-continue") {
    throw new HttpError(417, `Cannot meet ${quote(expectation)}: expected 100-continue`);
  }
  const coding = headers.get("transfer-encoding") ?? "chunked";
  if (coding.toLowerCase() !== "chunked") {
    throw new HttpError(
      501,
      `Cannot decode the transfer coding ${quote(coding)}: expected chunked`,
    );
  }
  return headers;
}

/** Parses a path or an absolute URL (RFC 9112 §3.2). */
export function readTarget(target: string): URL {
  const url = URL.parse(target.startsWith("/") ? `http://localhost${target}` : target);
  if (url?.protocol !== "http:") throw new HttpError(400, "Cannot read the URL");
  return url;
}

/** @throws {HttpError} If a URL has a parameter that is not known there, or one twice */
export function checkParameters({ pathname, searchParams }: URL, known: readonly string[]): void {
  for (const name of searchParams.keys()) {
    if (known.includes(name)) {
      if (searchParams.getAll(name).length === 1) continue;
      throw new HttpError(400, `The parameter ${name} is given twice`);
    }
    const expected = known.length === 0 ? `: ${pathname} has none` : `, ${suggest(name, known)}`;
    throw new HttpError(400, `Unknown parameter ${quote(name)}${expected}`);
  }
}

/**
 * Finds what carries out the method of a request. GET is also HEAD: node:http leaves out the body of its response (RFC
 * 9110 §9.3.2).
 *
 * @param further Methods that are carried out elsewhere
 * @throws {HttpError} If the path has no such method (405)
 */
export function findMethod<Route>(
  methods: Readonly<Partial<Record<string, Route>>>,
  { method, url }: Pick<HttpRequest, "method" | "url">,
  further: readonly string[] = [],
): Route {
  const name = method === "HEAD" ? "GET" : method;
  const route = Object.hasOwn(methods, name) ? methods[name] : undefined;
  if (route !== undefined) return route;
  const allow = [...Object.keys(methods), ...further].join(", ").replace("GET", "GET, HEAD");
  const path = escapeLine(url.pathname, MAX_SHOWN);
  throw new HttpError(405, `Cannot ${method} ${path}: expected ${allow}`, { allow });
}

/** @throws {HttpError} That there is no such path (404), with suggestions */
export function refusePath(path: string, known: readonly string[]): never {
  throw new HttpError(404, `There is no ${escapeLine(path, MAX_SHOWN)}: ${suggest(path, known)}`);
}

/** @param received The number of octets that have arrived since the head of the request */
export async function* readBody(
  message: IncomingMessage,
  received: () => number,
): AsyncGenerator<Uint8Array> {
  let octets = 0;
  const checkFraming = (): void => {
    if (received() <= MAX_FRAMING_OCTETS + 8 * octets) return;
    throw new HttpError(400, "Expected shorter chunk extensions and trailers");
  };
  for await (const part of message) {
    octets += part.length;
    checkFraming();
    yield part;
  }
  checkFraming();
}
