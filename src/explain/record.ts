import { readOptions } from "../options/read.ts";
import { exchangeFields, type ExchangeOptions } from "../client/exchange.ts";
import { systemNetwork } from "../client/network.ts";
import { exchangeAny, openNtsSession } from "../client/query.ts";
import { formatEndpoint, parseTarget } from "../protocols/endpoint.ts";
import { QueryError } from "../protocols/failure.ts";
import { ownPrecision } from "../protocols/ntp/measurement.ts";
import { eraPivot } from "../protocols/ntp/timestamp.ts";
import type { NetAddress } from "../system/address.ts";
import type { Rejection, Request } from "../protocols/protocol.ts";
import type { CapturedExchange } from "./capture/exchanges.ts";
import type { SeenExchange } from "./explanation.ts";

/** An exchange of this machine with a server, octets and all. */
export interface LiveExchange extends SeenExchange {
  /** The URL that was queried, its port given. */
  readonly url: string;
  /** The octets that were sent. */
  readonly request: Uint8Array;
  /** The octets that came back. */
  readonly reply: Uint8Array;
  /** The sender of the reply; undefined if it does not belong to the request. */
  readonly from?: NetAddress;
  /** The error if no reply belongs to the request; the exchange then has the last datagram that came. */
  readonly error?: QueryError;
}

/**
 * Queries a server once and records both datagrams, for {@linkcode explain}. Where none that came
 * belongs to the request, the last of them is recorded with the error, to show why.
 *
 * @param url The server, as `ntp://host:port`; without a scheme it is NTP, unless its port names another
 * @param options The time limit, and how often to send again
 * @returns The exchange
 * @throws {SyntaxError} If the URL cannot be read
 * @throws {RangeError} If an option is out of range
 * @throws {QueryError} If no datagram came; its `reason` is the cause
 * @throws {Deno.errors.NotCapable} If the permission to reach the server is missing
 *
 * @example
 * ```ts
 * import { assert } from "@std/assert";
 * import { explain, recordExchange } from "@timesrv/timesrv/explain";
 * import { serve } from "@timesrv/timesrv";
 *
 * await using server = await serve("ntp://127.0.0.1:0");
 * const { reply, tests } = explain(await recordExchange(server.url));
 * for (const { offset, name, meaning } of reply ?? []) console.log(offset, name, meaning);
 * assert(tests.every(({ result }) => result === "passed"));
 * ```
 */
export async function recordExchange(
  url: string,
  options: ExchangeOptions = {},
): Promise<LiveExchange> {
  const settings = readOptions(exchangeFields, options, "recordExchange");
  const endpoint = parseTarget(url);
  const protocol = endpoint.protocol === "auto" ? "asctime" : endpoint.protocol;
  const { keys } = settings;
  const session = endpoint.nts && await openNtsSession(endpoint);
  const common = {
    url: formatEndpoint(endpoint),
    protocol,
    isFromServer: true,
    ...(keys && { keys }),
  } as const;
  let ignored: Pick<LiveExchange, "request" | "reply" | "nts"> | undefined;
  const observe = (request: Request): Request => ({
    ...request,
    rejection(reply): Rejection | undefined {
      const rejection = request.rejection?.(reply);
      if (rejection !== undefined) {
        const problem = rejection.reason === "not_authentic" ? rejection.message : undefined;
        ignored = {
          request: request.octets,
          reply,
          ...(session && problem !== undefined && { nts: { answer: session.answer, problem } }),
        };
      }
      return rejection;
    },
  });
  try {
    const target = { ...endpoint, session };
    const raw = await exchangeAny(target, settings, observe);
    const { request, octets, from, sentAt, receivedAt } = raw;
    return {
      ...common,
      request,
      reply: octets,
      from,
      times: { sentAt, receivedAt },
      ...(session && { nts: { answer: session.answer } }),
      localPrecision: (settings.network ?? systemNetwork).precision ?? ownPrecision(),
      pivot: eraPivot(receivedAt),
    };
  } catch (error) {
    const isOfReply = error instanceof QueryError &&
      (error.reason === "bogus_reply" || error.reason === "not_authentic");
    if (!isOfReply || !ignored) throw error;
    return { ...common, ...ignored, pivot: eraPivot(Temporal.Now.instant()), error };
  }
}

/**
 * Takes an exchange out of a capture, for {@linkcode explain}. T1 and T4 are when the datagrams passed
 * the machine that captured them: offset and delay are the client's only if that was the client.
 *
 * @param captured An exchange that {@linkcode exchangesOf} found
 * @returns The same exchange, ready to be explained
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { explain, fromCapture } from "@timesrv/timesrv/explain";
 *
 * const client = { hostname: "192.0.2.1", port: 4000 };
 * const server = { hostname: "192.0.2.2", port: 37 };
 * const time = Temporal.Instant.from("1970-01-01T00:00:00.5Z");
 * const request = { time, from: client, to: server, octets: new Uint8Array() };
 * const reply = { time, from: server, to: client, octets: Uint8Array.fromHex("83aa7e80") };
 * const { measurement } = explain(fromCapture({ protocol: "time", request, reply }));
 * assertEquals(measurement?.offset, -500_000_000n);
 * ```
 */
export function fromCapture({ protocol, request, reply }: CapturedExchange): SeenExchange {
  const time = request?.time ?? reply?.time ?? Temporal.Now.instant();
  return {
    protocol,
    pivot: eraPivot(time),
    ...(request && { request: request.octets }),
    ...(reply && { reply: reply.octets }),
    ...(request && reply && {
      times: { sentAt: request.time, receivedAt: reply.time },
      isFromServer: true,
    }),
  };
}
