import type { ClientRequest, IncomingMessage } from "node:http";
import { QueryError, type QueryFailure } from "../protocols/failure.ts";
import { addressFamily } from "../system/address.ts";
import { settleWithin, systemTimers } from "../system/time.ts";
import { lookUp } from "./exchange.ts";
import { type ControlAction, type ControlAnswers, controlRequests } from "./control_api.ts";
import type { ClientsQuery } from "./clients_query.ts";
import { isAnswer } from "./control_answers.ts";
import { passed, seconds, type TimedFields } from "../options/field.ts";
import { readOptions } from "../options/read.ts";
import type { TimeSpan } from "../text/duration.ts";
import { formatJson, parseSnakeJson } from "../text/json.ts";
import { escapeLine } from "../text/printable.ts";

/** Options for {@linkcode control}. */
export interface ControlRequestOptions {
  /**
   * The control interface: `Server.control.url`.
   *
   * @default {"http://127.0.0.1:8890"}
   */
  readonly url?: string;
  /** The bearer token, if the server requires one. */
  readonly token?: string | undefined;
  /** The URL of the listener to apply it to; the whole server without it. */
  readonly listener?: string | undefined;
  /**
   * The time until it gives up, 1 ms to a day.
   *
   * @default {"3s"}
   */
  readonly timeout?: TimeSpan;
  /** The page of `clients`, by default the first one; the address of `checkAccess`. */
  readonly query?: ClientsQuery | { readonly address: string } | undefined;
  /**
   * The change, to be sent as JSON with keys in snake_case: `set`, `step`, `faults`, `scenario` and
   * `changeAccess` need one.
   */
  readonly body?: unknown;
  /** Ends it when it aborts; it then rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

const fields: TimedFields<ControlRequestOptions> = {
  url: passed(),
  token: passed(),
  listener: passed(),
  timeout: seconds("1ms", "1d"),
  query: passed(),
  body: passed(),
  signal: passed(),
};

/** More than the state of a thousand listeners. */
const MAX_CHARACTERS = 1024 * 1024;

/**
 * Reads or changes the state of a server that has a control interface (`ServeOptions.control`), on this
 * machine or another. docs/control.md describes the actions.
 *
 * @param action The action
 * @param options The server, and the change
 * @returns The server's reply: its state now
 * @throws {RangeError} If the server rejects the request as wrong, or an option is out of range
 * @throws {TypeError} If the URL cannot be read
 * @throws {QueryError} If it cannot be reached
 * @throws {Error} If it refuses, or is not a control interface; only documented answers are returned
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { control } from "@timesrv/timesrv/testing";
 * import { serve } from "@timesrv/timesrv";
 *
 * await using server = await serve("ntp://127.0.0.1:0", { control: "127.0.0.1:0" });
 * const { url } = server.control!;
 * const { clock } = await control("set", { url, body: { time: "2038-01-19T03:14:00Z", rate: 0 } });
 * assertEquals(clock.now, "2038-01-19T03:14:00Z");
 * const { listeners, totals } = await control("state", { url });
 * assertEquals([listeners.length, totals.answered], [1, 0]);
 * ```
 */
export async function control<Action extends ControlAction>(
  action: Action,
  options: ControlRequestOptions = {},
): Promise<ControlAnswers[Action]> {
  const { url = "http://127.0.0.1:8890", timeout = 3, query = {}, ...rest } = readOptions(
    fields,
    options,
    "control",
  );
  const { token, listener, body, signal } = rest;
  signal?.throwIfAborted();
  const [method, path] = controlRequests[action];
  const target = new URL(path, url);
  if (listener !== undefined) target.searchParams.set("listener", listener);
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) target.searchParams.set(name, String(value));
  }
  const text = body === undefined ? "" : formatJson(body);
  const headers = {
    ...(method !== "GET" && {
      "content-type": "application/json",
      "content-length": String(new TextEncoder().encode(text).length),
    }),
    ...(token !== undefined && { authorization: `Bearer ${token}` }),
  };
  const startMs = systemTimers.monotonicMs();
  const addresses = await lookUp(target.hostname.replace(/^\[|\]$/g, ""), timeout, { signal });
  const found = addresses.map((address) => ({ address, family: addressFamily(address) ?? 0 }));
  // Not fetch(), which would use the proxy that an environment may name.
  const { request } = await import("node:http");
  const sent = request(target, {
    method,
    headers,
    agent: false,
    lookup: (_hostname, _options, answer) => answer(null, found),
  });
  const leftMs = startMs + timeout * 1000 - systemTimers.monotonicMs();
  const reply = await settleWithin(systemTimers, leftMs, receive(sent, text, url), signal)
    .finally(() => sent.destroy());
  if (!reply) throw new QueryError("timeout", `No reply from ${url} within ${timeout} s`);
  const { status, json } = reply;
  if (status >= 200 && status < 300) {
    if (!isAnswer(action, json)) throw notControl(url);
    return json as ControlAnswers[Action];
  }
  const { error } = (json ?? {}) as { error?: unknown };
  if (typeof error !== "string") throw notControl(url);
  const message = escapeLine(error);
  if ([400, 413].includes(status)) throw new RangeError(message);
  throw new Error(`${url} refuses: ${message}`);
}

interface Reply {
  readonly status: number;
  readonly json: unknown;
}

function receive(request: ClientRequest, text: string, url: string): Promise<Reply> {
  const { promise, resolve, reject } = Promise.withResolvers<Reply>();
  request.on("error", (error) => reject(failureOf(error, url)));
  request.on("response", (response) => read(response, url).then(resolve, reject));
  request.on("upgrade", (_response, socket) => {
    socket.destroy();
    reject(notControl(url));
  });
  request.end(text);
  return promise;
}

async function read(response: IncomingMessage, url: string): Promise<Reply> {
  const decoder = new TextDecoder();
  let text = "";
  try {
    for await (const part of response) {
      text += decoder.decode(part, { stream: true });
      if (text.length > MAX_CHARACTERS) break;
    }
  } catch (error) {
    throw failureOf(error as Error, url);
  }
  if (text.length > MAX_CHARACTERS) throw new Error(`${url} sent more than 1 MiB`);
  try {
    return { status: response.statusCode ?? 0, json: parseSnakeJson(text + decoder.decode()) };
  } catch {
    throw notControl(url);
  }
}

function notControl(url: string): Error {
  return new Error(`${url} is no control interface of timesrv`);
}

const failures: Readonly<Record<string, readonly [QueryFailure, why: string]>> = {
  ECONNREFUSED: ["refused", "nothing listens there"],
  EHOSTUNREACH: ["unreachable", "the network did not carry the request"],
  ENETUNREACH: ["unreachable", "the network did not carry the request"],
};

function failureOf(error: Error & { readonly code?: string }, url: string): Error {
  const { code = "" } = error;
  // What llhttp cannot parse is no HTTP.
  if (code.startsWith("HPE_")) return notControl(url);
  const [reason, why = error.message] = failures[code] ?? [];
  if (!reason) return new Error(`Cannot reach ${url}: ${why}`, { cause: error });
  return new QueryError(reason, `Cannot reach ${url}: ${why}`, { cause: error });
}
