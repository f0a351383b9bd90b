/** The served time by JSON-RPC 2.0, over POST and WebSocket, in the form of the npm package `timesync`. */
import type { ServedTime } from "../../../clock/served_time.ts";
import { formatJson, isRecord, parseJson, quote } from "../../../text/json.ts";
import { suggest } from "../../../text/suggest.ts";
import { readText } from "../body.ts";
import type { WebRoutes } from "./route.ts";
import { describeStatus, type Look, toMilliseconds } from "../state.ts";
import { findClock } from "./time.ts";
import { HttpError, type HttpResponse } from "../../../http/message.ts";

export const WEBSOCKET_PATH = "/timesync";

const MAX_BODY_OCTETS = 1024;

const INVALID_REQUEST = -32600;

const MAX_ID_LENGTH = 64;

/** The code of an error of the server itself (JSON-RPC 2.0 §5.1). */
const REFUSED = -32000;

type ReadTime = Pick<ServedTime, "look" | "isSimulated">;

/** Makes the result of a method. */
type Method = (params: unknown, arrival: Look, time: ReadTime) => unknown;

/** An error of JSON-RPC 2.0 (§5.1), with its code. */
class RpcError extends Error {
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

const methods: Readonly<Record<string, Method>> = {
  timesync(params, _arrival, time): number {
    readParams(params, []);
    return toMilliseconds(time.look());
  },
  time(params, arrival, time): object {
    const { t1 } = readParams(params, ["t1"]);
    if (t1 !== undefined && typeof t1 !== "number") {
      throw new RpcError(-32602, `Cannot read t1 ${quote(t1)}: expected a number`);
    }
    const { leap, stratum, rootDistance } = describeStatus(arrival);
    const answer = {
      ...t1 !== undefined && { t1 },
      t2: toMilliseconds(arrival),
      leap,
      stratum,
      rootDistance,
      simulated: time.isSimulated,
    };
    // The last reading, so that t3 - t2 is what this took.
    return { ...answer, t3: toMilliseconds(time.look()) };
  },
};

export const timesyncRoutes: WebRoutes = {
  [WEBSOCKET_PATH]: {
    part: "time",
    isPublic: true,
    parameters: ["listener"],
    methods: {
      GET({ request, subject, parameters, admit }): HttpResponse {
        const time = findClock(subject, parameters);
        if (!request.isWebSocket) {
          throw new HttpError(426, "Expected POST, or a WebSocket", { upgrade: "websocket" });
        }
        const arrive = (): (text: string) => string | undefined => {
          const arrival = time.look();
          return (text) => answerRpc(text, arrival, time, admit);
        };
        return { status: 101, headers: {}, body: "", arrive };
      },
      async POST({ request, subject, parameters }): Promise<HttpResponse> {
        const time = findClock(subject, parameters);
        const arrival = time.look();
        const body = answerRpc(await readText(request, MAX_BODY_OCTETS), arrival, time);
        if (body === undefined) return { status: 204, headers: {}, body: "" };
        const headers = { "content-type": "application/json" };
        return { status: 200, headers, body: `${body}\n` };
      },
    },
  },
};

/**
 * Answers a request in JSON; `undefined` if it is a notification, which gets no response.
 *
 * @param arrival The time when it arrived
 * @param admit Throws an {@linkcode HttpError} if it must not be answered
 */
function answerRpc(
  text: string,
  arrival: Look,
  time: ReadTime,
  admit = (): void => {},
): string | undefined {
  // Null where the request has none that can be read (JSON-RPC 2.0 §5).
  let id: string | number | null | undefined = null;
  try {
    const request = parseRequest(text);
    id = readId(request);
    admit();
    const { method } = request;
    if (request["jsonrpc"] !== "2.0" || typeof method !== "string") {
      throw new RpcError(INVALID_REQUEST, 'Expected {"jsonrpc":"2.0","id":1,"method":"timesync"}');
    }
    const respond = Object.hasOwn(methods, method) ? methods[method] : undefined;
    if (respond === undefined) {
      const known = suggest(method, Object.keys(methods));
      throw new RpcError(-32601, `There is no method ${quote(method)}: ${known}`);
    }
    const result = respond(request["params"], arrival, time);
    return id === undefined ? undefined : formatJson({ jsonrpc: "2.0", id, result });
  } catch (error) {
    const isRefusal = error instanceof HttpError;
    if (!isRefusal && !(error instanceof RpcError)) throw error;
    const { message } = error;
    const code = isRefusal ? REFUSED : error.code;
    // What is no request is no notification either.
    if (id === undefined && code !== INVALID_REQUEST) return undefined;
    return formatJson({ jsonrpc: "2.0", id: id ?? null, error: { code, message } });
  }
}

/** @throws {RpcError} If it is not JSON, or not one object */
function parseRequest(text: string): Readonly<Record<string, unknown>> {
  let json: unknown;
  try {
    json = parseJson(text);
  } catch (error) {
    throw new RpcError(-32700, `Cannot read the JSON: ${(error as Error).message}`);
  }
  if (isRecord(json)) return json;
  throw new RpcError(INVALID_REQUEST, "Expected one request, an object of JSON");
}

/** @throws {RpcError} If it could not be sent back */
function readId({ id }: Readonly<Record<string, unknown>>): string | number | undefined {
  const isShort = typeof id === "string" && id.length <= MAX_ID_LENGTH;
  if (id === undefined || isShort || typeof id === "number") return id;
  throw new RpcError(
    -32600,
    `Cannot use the id: expected a number, or ${MAX_ID_LENGTH} characters at most`,
  );
}

/** @throws {RpcError} If there is one that a method does not know */
function readParams(
  params: unknown = {},
  known: readonly string[],
): Readonly<Record<string, unknown>> {
  const isEmpty = Array.isArray(params) && params.length === 0;
  const named = isEmpty ? {} : params;
  const names = known.length === 0 ? "no params" : `an object of ${known.join(", ")}`;
  if (isRecord(named) && Object.keys(named).every((name) => known.includes(name))) return named;
  throw new RpcError(-32602, `Cannot read the params: expected ${names}`);
}
