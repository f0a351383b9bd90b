/** A request to the control interface of a server. */
import type { ClientRequest, IncomingMessage } from "node:http";
import { QueryError, type QueryFailure } from "./query_error.ts";

/** Each thing that can be asked, as HTTP has it. */
const requests = {
  state: ["GET", "/state"],
  set: ["PATCH", "/clock"],
  step: ["POST", "/clock"],
  faults: ["PUT", "/faults"],
  scenario: ["POST", "/scenario"],
  clients: ["GET", "/clients"],
  reset: ["POST", "/reset"],
} as const;

/** Something that can be asked. */
export type ControlAction = keyof typeof requests;

/** All of them. */
export const CONTROL_ACTIONS = Object.keys(requests) as ControlAction[];

/** Options for {@linkcode sendControl}. */
export interface ControlRequestOptions {
  /** The control interface, as `http://127.0.0.1:8890`. */
  readonly url: string;
  /** What it wants to know. */
  readonly token?: string | undefined;
  /** The listener that is meant. */
  readonly listener?: string | undefined;
  /** When to give up. */
  readonly timeoutMs: number;
  /** What to send as JSON. */
  readonly body?: unknown;
}

const MOST_OCTETS = 16 * 1024 * 1024;

/**
 * Asks a control interface.
 *
 * @returns The JSON that it said
 * @throws {RangeError} If it says that the request is wrong
 * @throws {QueryError} If it cannot be reached
 * @throws {Error} If it refuses, or is no such interface
 */
export async function sendControl(
  action: ControlAction,
  { url, token, listener, timeoutMs, body }: ControlRequestOptions,
): Promise<unknown> {
  const [method, path] = requests[action];
  const target = new URL(path, url);
  if (listener !== undefined) target.searchParams.set("listener", listener);
  const text = body === undefined ? "" : JSON.stringify(body);
  const headers = {
    ...(method !== "GET" && {
      "content-type": "application/json",
      "content-length": String(new TextEncoder().encode(text).length),
    }),
    ...(token !== undefined && { authorization: `Bearer ${token}` }),
  };
  // Not fetch(), which would go by the proxy that an environment may name.
  const { request } = await import("node:http");
  const { status, said } = await received(
    request(target, { method, headers, agent: false }),
    text,
    { url, timeoutMs },
  );
  if (status >= 200 && status < 300) return said;
  const { error } = said as { error?: unknown };
  if (typeof error !== "string") throw new Error(`${url} is no control interface of timesrv`);
  if ([400, 404, 413].includes(status)) throw new RangeError(error);
  throw new Error(`${url} refuses: ${error}`);
}

interface Received {
  readonly status: number;
  readonly said: unknown;
}

function received(
  request: ClientRequest,
  text: string,
  { url, timeoutMs }: { readonly url: string; readonly timeoutMs: number },
): Promise<Received> {
  const { promise, resolve, reject } = Promise.withResolvers<Received>();
  const timer = setTimeout(() => {
    reject(new QueryError("timeout", `No reply from ${url} within ${timeoutMs / 1000} s`));
    request.destroy();
  }, timeoutMs);
  request.on("error", (error) => reject(failure(error, url)));
  request.on("response", (response) => read(response, url).then(resolve, reject));
  request.end(text);
  return promise.finally(() => clearTimeout(timer));
}

async function read(response: IncomingMessage, url: string): Promise<Received> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const part of response) {
    text += decoder.decode(part, { stream: true });
    if (text.length > MOST_OCTETS) throw new Error(`${url} says too much`);
  }
  try {
    return { status: response.statusCode ?? 0, said: JSON.parse(text) ?? {} };
  } catch {
    throw new Error(`${url} is no control interface of timesrv`);
  }
}

const failures: Readonly<Record<string, QueryFailure>> = {
  ECONNREFUSED: "refused",
  ENOTFOUND: "unknown-host",
  EAI_AGAIN: "unknown-host",
  EHOSTUNREACH: "unreachable",
  ENETUNREACH: "unreachable",
};

function failure(error: Error & { readonly code?: string }, url: string): Error {
  const reason = failures[error.code ?? ""];
  if (reason === undefined) {
    return new Error(`Cannot reach ${url}: ${error.message}`, { cause: error });
  }
  const why = reason === "refused"
    ? "nothing listens there"
    : reason === "unknown-host"
    ? "the host is unknown"
    : "the network would not carry it";
  return new QueryError(reason, `Cannot reach ${url}: ${why}`, { cause: error });
}
