/** A request to the control interface of a server. */
import type { ClientRequest, IncomingMessage } from "node:http";
import type { ControlAnswers } from "./control_api.ts";
import { QueryError, type QueryFailure } from "../protocols/failure.ts";

/** Each thing that can be asked, as HTTP has it. */
const requests = {
  state: ["GET", "/state"],
  set: ["PATCH", "/clock"],
  step: ["POST", "/clock"],
  faults: ["PUT", "/faults"],
  scenario: ["POST", "/scenario"],
  clients: ["GET", "/clients"],
  reset: ["POST", "/reset"],
} as const satisfies Record<keyof ControlAnswers, unknown>;

/** Something that can be asked of a control interface. */
export type ControlAction = keyof ControlAnswers;

/** All of them. */
export const CONTROL_ACTIONS = Object.keys(requests) as ControlAction[];

/** Options for {@linkcode control}. */
export interface ControlRequestOptions {
  /**
   * The control interface: `Server.control.url`.
   *
   * @default {"http://127.0.0.1:8890"}
   */
  readonly url?: string;
  /** What it wants to know, if the server was started with a token. */
  readonly token?: string | undefined;
  /** The listener that is meant, by its URL; the whole server without it. */
  readonly listener?: string | undefined;
  /**
   * Seconds until it gives up, above 0 and up to 86400.
   *
   * @default {3}
   */
  readonly timeout?: number;
  /** What the change is, to be sent as JSON: what `set`, `step`, `faults` and `scenario` want to know. */
  readonly body?: unknown;
  /** Ends it when it aborts; it then rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

const MOST_OCTETS = 16 * 1024 * 1024;

/**
 * Looks at a server that runs with a control interface (`ServeOptions.control`), on this machine or
 * another, and changes it. docs/control.md has what can be asked.
 *
 * @param action What to do
 * @param options Which server, and what the change is
 * @returns What the server said: what is so now
 * @throws {RangeError} If the server says that the request is wrong, or an option is out of range
 * @throws {TypeError} If the URL cannot be read
 * @throws {QueryError} If it cannot be reached
 * @throws {Error} If it refuses, or is no such interface
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
  const { url = "http://127.0.0.1:8890", token, listener, timeout = 3, body, signal } = options;
  if (!(timeout > 0 && timeout <= 86_400)) {
    throw new RangeError(
      `Cannot wait for ${url}: timeout is ${timeout} s, expected above 0 and up to 86400`,
    );
  }
  signal?.throwIfAborted();
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
    { url, timeout, signal },
  );
  if (status >= 200 && status < 300) return said as ControlAnswers[Action];
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
  { url, timeout, signal }: {
    readonly url: string;
    readonly timeout: number;
    readonly signal: AbortSignal | undefined;
  },
): Promise<Received> {
  const { promise, resolve, reject } = Promise.withResolvers<Received>();
  const end = (reason: unknown): void => {
    reject(reason);
    request.destroy();
  };
  const timer = setTimeout(
    () => end(new QueryError("timeout", `No reply from ${url} within ${timeout} s`)),
    timeout * 1000,
  );
  const abort = (): void => end(signal?.reason);
  signal?.addEventListener("abort", abort);
  request.on("error", (error) => reject(failure(error, url)));
  request.on("response", (response) => read(response, url).then(resolve, reject));
  request.end(text);
  return promise.finally(() => {
    clearTimeout(timer);
    signal?.removeEventListener("abort", abort);
  });
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
