/** NTS key exchange (RFC 8915 §4): keys and cookies over TLS, for a session of NTP. */
import { AesSiv } from "../../crypto/aes_siv.ts";
import { formatAddress } from "../../protocols/endpoint.ts";
import { QueryError } from "../../protocols/failure.ts";
import {
  decodeKeyExchangeAnswer,
  encodeKeyExchangeRequest,
  exportSessionKeys,
  KEY_EXCHANGE_PROTOCOL,
  KeyExchangeError,
  MAX_ANSWER_LENGTH,
  receiveMessage,
} from "../../protocols/ntp/nts/records.ts";
import { runtime } from "../../system/runtime.ts";
import { closeQuietly } from "../../system/sockets.ts";
import { NoLibsslError, openLibssl, TlsError } from "../../transports/tls/libssl.ts";
import { connectTls } from "../../transports/tls/tls_connection.ts";
import { NTP_PORT } from "../../protocols/ntp/packet.ts";

export interface KeyExchangeTarget {
  /** The name or address that the certificate must have. */
  readonly hostname: string;
  /** The address to connect to. */
  readonly address: string;
  readonly port: number;
  /** Certificates of authorities in PEM, in place of those of the system. */
  readonly authorities: string | undefined;
}

/** The result of a key exchange. */
export interface Keys {
  readonly c2s: AesSiv;
  readonly s2c: AesSiv;
  readonly cookies: readonly Uint8Array[];
  /** The records that the server sent. */
  readonly answer: Uint8Array;
  /** Where NTP is spoken: a name or an address. */
  readonly hostname: string;
  readonly port: number;
}

/** A connection over which the request was sent. */
interface Connection {
  read(): Promise<Uint8Array | undefined>;
  exportKey(
    label: string,
    context: Uint8Array<ArrayBuffer>,
    length: number,
  ): Uint8Array | Promise<Uint8Array>;
}

/**
 * Exchanges keys with a server.
 *
 * @param signal Ends it
 * @param findLibssl Throws a {@linkcode NoLibsslError} where there is none, for tests too
 * @throws {QueryError} If that fails, for the reason `nts_ke`; the message has the cause
 * @throws {Deno.errors.NotCapable} If a permission is missing
 * @throws The signal's reason if that aborts
 */
export async function exchangeKeys(
  target: KeyExchangeTarget,
  signal: AbortSignal,
  findLibssl: () => unknown = openLibssl,
): Promise<Keys> {
  const server = formatAddress({ hostname: target.address, port: target.port });
  try {
    const exchange = await findExchange(findLibssl);
    return await exchange(target, signal);
  } catch (cause) {
    signal.throwIfAborted();
    if (cause instanceof runtime.errors.NotCapable) throw cause;
    const { message } = cause as Error;
    const problem = cause instanceof NoLibsslError
      ? message
      : (cause as { readonly code?: string }).code === "ECONNREFUSED"
      ? `NTS key exchange failed: nothing listens on tcp ${server}`
      : cause instanceof KeyExchangeError
      ? `The NTS key exchange server ${server} ${message}`
      : `NTS key exchange with ${server} failed: ${
        cause instanceof TlsError ? `TLS: ${message}` : message
      }`;
    throw new QueryError("nts_ke", problem, { cause });
  }
}

/** OpenSSL, or a child of Deno where that is missing and can be replaced. */
async function findExchange(findLibssl: () => unknown): Promise<typeof exchangeByOpenssl> {
  try {
    findLibssl();
    return exchangeByOpenssl;
  } catch (error) {
    if (!(error instanceof NoLibsslError)) throw error;
    const { canStartTlsChild, TlsChild } = await import("../../transports/tls/tls_child.ts");
    if (!canStartTlsChild()) throw error;
    return async (target, signal) => {
      const request = encodeKeyExchangeRequest();
      const protocol = KEY_EXCHANGE_PROTOCOL;
      await using child = await TlsChild.open({ ...target, protocol, request }, signal);
      return await receiveKeys(child, target);
    };
  }
}

async function exchangeByOpenssl(target: KeyExchangeTarget, signal: AbortSignal): Promise<Keys> {
  const { hostname, address, port, authorities } = target;
  const stream = await Deno.connect({ hostname: address, port, signal });
  const abort = (): void => closeQuietly(stream);
  signal.addEventListener("abort", abort);
  try {
    // Two packets each way: waiting to fill the second would cost 40 ms.
    stream.setNoDelay(true);
    const protocol = KEY_EXCHANGE_PROTOCOL;
    using tls = await connectTls(stream, { hostname, protocol, authorities });
    await tls.write(encodeKeyExchangeRequest());
    return await receiveKeys(tls, target);
  } finally {
    signal.removeEventListener("abort", abort);
    closeQuietly(stream);
  }
}

async function receiveKeys(tls: Connection, { address }: KeyExchangeTarget): Promise<Keys> {
  const answer = await receiveMessage(tls.read.bind(tls), MAX_ANSWER_LENGTH);
  if (answer.length > MAX_ANSWER_LENGTH) throw new KeyExchangeError("sent too long an answer");
  const { cookies, server, port } = decodeKeyExchangeAnswer(answer);
  const keys = await exportSessionKeys(tls.exportKey.bind(tls));
  const [c2s, s2c] = [new AesSiv(keys.c2s), new AesSiv(keys.s2c)];
  return { c2s, s2c, cookies, answer, hostname: server ?? address, port: port ?? NTP_PORT };
}
