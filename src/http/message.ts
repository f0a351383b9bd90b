/** Requests and responses over HTTP. */
import { formatJson } from "../text/json.ts";
import type { TextStream } from "./text_stream.ts";

/** A request whose head has arrived. */
export interface HttpRequest {
  readonly method: string;
  /** Its target; the host is that of an absolute target, otherwise `localhost`. */
  readonly url: URL;
  readonly headers: Headers;
  /** Whether it comes from this machine, by the address of its connection. */
  readonly isLocal: boolean;
  /** The address that it comes from. */
  readonly peer: string;
  /** The parts of its body as they arrive; throws an {@linkcode HttpError} if they are mostly framing. */
  readonly body: AsyncIterable<Uint8Array>;
  /** Whether it asks for a WebSocket, where one is to be had. */
  readonly isWebSocket?: boolean;
}

export interface HttpResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Left out of the response to HEAD. A stream goes on until it ends or the connection does. */
  readonly body: string | Uint8Array | TextStream;
  /** Answers the messages of the WebSocket that the connection becomes, with the status 101. */
  readonly arrive?: Arrive;
}

/** Called when octets arrive; the function that it returns makes the answer to each message in them, if any. */
export type Arrive = () => (message: string) => string | undefined;

/** An error of a request, with its status code; nothing has changed. */
export class HttpError extends Error {
  override readonly name = "HttpError";
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;

  /** @param headers Further headers of the response */
  constructor(status: number, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.status = status;
    this.headers = headers;
  }
}

/** The error that a response reports; a value that cannot be read is a mistake of the client. */
export function toHttpError(error: unknown): HttpError {
  if (error instanceof HttpError) return error;
  const isMistake = error instanceof SyntaxError || error instanceof RangeError;
  return new HttpError(isMistake ? 400 : 500, (error as Error).message);
}

export function textResponse(
  status: number,
  text: string,
  headers: HttpResponse["headers"] = {},
): HttpResponse {
  const type = "text/plain; charset=utf-8";
  return { status, headers: { "content-type": type, ...headers }, body: text };
}

export function jsonResponse(
  status: number,
  value: unknown,
  headers: HttpResponse["headers"] = {},
): HttpResponse {
  return {
    status,
    headers: { "content-type": "application/json", ...headers },
    // A line feed, so that the prompt of a shell follows on a line of its own.
    body: `${formatJson(value)}\n`,
  };
}
