/** A TLS 1.3 connection, OpenSSL between two buffers in memory and a socket of Deno; and how a client opens one. */
import { addressFamily, canonicalAddress } from "../../system/address.ts";
import { quote } from "../../text/json.ts";
import {
  cText,
  type Libssl,
  openLibssl,
  protocolList,
  readCertificates,
  takeReason,
  textAt,
  TlsError,
} from "./libssl.ts";

export const TLS1_3_VERSION = 0x0304;
export const SSL_CTRL_SET_MIN_PROTO_VERSION = 123;
const SSL_ERROR_WANT_READ = 2;
const SSL_ERROR_ZERO_RETURN = 6;
const X509_V_OK = 0;

const PIECE = 16_384;

/** No handshake, request or answer of a key exchange needs more. */
const MAX_RECEIVED = 262_144;

/** A TCP connection. */
export type Stream = Pick<Deno.TcpConn, "read" | "write" | "close">;

/** One side of a connection. */
export interface TlsSide {
  /** The session of OpenSSL, which belongs to the connection from then on; null if it has no memory for one. */
  readonly session: Deno.PointerValue;
  /** The one protocol to agree on (ALPN). */
  readonly protocol: string;
  /** The other side, for messages. */
  readonly other: "server" | "client";
  /** The most octets to receive. */
  readonly maxReceived?: number;
}

/** A connection; closing it frees all that OpenSSL has of it, and closes the stream. */
export class TlsConnection implements Disposable {
  readonly #ssl: Libssl = openLibssl();
  readonly #stream: Stream;
  readonly #side: TlsSide;
  readonly #input: Deno.PointerValue;
  readonly #output: Deno.PointerValue;
  readonly #piece = new Uint8Array(PIECE);
  #received = 0;
  #isClosed = false;

  private constructor(stream: Stream, side: TlsSide) {
    const ssl = this.#ssl;
    this.#stream = stream;
    this.#side = side;
    [this.#input, this.#output] = [ssl.BIO_new(ssl.BIO_s_mem()), ssl.BIO_new(ssl.BIO_s_mem())];
    // C has no exceptions: no pointer that is none may be used.
    if ([side.session, this.#input, this.#output].includes(null)) throw new TlsError("no memory");
    // Both belong to the session from now on.
    ssl.SSL_set_bio(side.session, this.#input, this.#output);
  }

  /**
   * Shakes hands over a stream, which belongs to the connection from then on.
   *
   * @throws {TlsError} If that fails, or the other side speaks another protocol
   */
  static async open(stream: Stream, side: TlsSide): Promise<TlsConnection> {
    const connection = new TlsConnection(stream, side);
    try {
      await connection.#run(() => connection.#ssl.SSL_do_handshake(connection.#session));
      connection.#checkProtocol();
      return connection;
    } catch (error) {
      connection[Symbol.dispose]();
      throw error;
    }
  }

  /** The session; C would use the memory of one that is closed. */
  get #session(): Deno.PointerValue {
    if (this.#isClosed) throw new TlsError("the connection is closed");
    return this.#side.session;
  }

  #checkProtocol(): void {
    const { session, protocol, other } = this.#side;
    const pointer = new BigUint64Array(1);
    const length = new Uint32Array(1);
    this.#ssl.SSL_get0_alpn_selected(session, pointer, length);
    const [at = 0n, octets = 0] = [pointer[0], length[0]];
    const found = at === 0n || octets > 255 ? "" : new TextDecoder().decode(
      new Uint8Array(
        Deno.UnsafePointerView.getArrayBuffer(
          Deno.UnsafePointer.create(at) as Deno.PointerObject,
          octets,
        ),
      ),
    );
    if (found !== protocol) throw new TlsError(`the ${other} does not speak ${protocol}`);
  }

  /** Sends octets. */
  async write(octets: Uint8Array<ArrayBuffer>): Promise<void> {
    await this.#run(() => this.#ssl.SSL_write(this.#session, octets, octets.length));
  }

  /** Receives some octets; undefined at the end. */
  async read(): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const piece = new Uint8Array(PIECE);
    const length = await this.#run(
      () => this.#ssl.SSL_read(this.#session, piece, piece.length),
    );
    return length > 0 ? piece.subarray(0, length) : undefined;
  }

  /** Tells the other side that nothing more will be sent. */
  async end(): Promise<void> {
    this.#ssl.SSL_shutdown(this.#session);
    await this.#flush();
  }

  /** Exports keying material (RFC 8446 §7.5). */
  exportKey(label: string, context: Uint8Array<ArrayBuffer>, length: number): Uint8Array {
    const name = new TextEncoder().encode(label);
    const key = new Uint8Array(length);
    const isDone = this.#ssl.SSL_export_keying_material(
      this.#session,
      key,
      BigInt(key.length),
      name,
      BigInt(name.length),
      context,
      BigInt(context.length),
      1,
    );
    if (isDone !== 1) throw new TlsError("no keying material");
    return key;
  }

  /** Repeats a call of OpenSSL until it has what it needs; returns its result, 0 where the other side has ended. */
  async #run(call: () => number): Promise<number> {
    const ssl = this.#ssl;
    const { session, other, maxReceived = MAX_RECEIVED } = this.#side;
    while (true) {
      ssl.ERR_clear_error();
      const result = call();
      // Both read the state of the call right before: nothing may wait in between.
      const error = result > 0 ? 0 : ssl.SSL_get_error(session, result);
      const reason = result > 0 || error === SSL_ERROR_WANT_READ ? "" : this.#reason();
      await this.#flush();
      if (result > 0) return result;
      if (error === SSL_ERROR_ZERO_RETURN) return 0;
      if (error !== SSL_ERROR_WANT_READ) throw new TlsError(reason);
      const length = await this.#stream.read(this.#piece);
      if (length === null) throw new TlsError(`the ${other} closed the connection`);
      this.#received += length;
      if (this.#received > maxReceived) throw new TlsError(`the ${other} sent too much`);
      if (this.#isClosed) throw new TlsError("the connection is closed");
      ssl.BIO_write(this.#input, this.#piece, length);
    }
  }

  /** Sends what OpenSSL has for the other side. */
  async #flush(): Promise<void> {
    while (!this.#isClosed && this.#ssl.BIO_ctrl_pending(this.#output) > 0n) {
      const piece = new Uint8Array(PIECE);
      const length = this.#ssl.BIO_read(this.#output, piece, piece.length);
      if (length <= 0) return;
      for (let at = 0; at < length;) at += await this.#stream.write(piece.subarray(at, length));
    }
  }

  /** The reason of the last failure, and that of a certificate that is not trusted. */
  #reason(): string {
    const verified = Number(this.#ssl.SSL_get_verify_result(this.#side.session));
    const reason = takeReason(this.#ssl);
    return verified === X509_V_OK
      ? reason
      : `${reason}: ${textAt(this.#ssl.X509_verify_cert_error_string(BigInt(verified)))}`;
  }

  [Symbol.dispose](): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#ssl.SSL_free(this.#side.session);
    try {
      this.#stream.close();
    } catch {
      // It was closed by a time limit.
    }
  }
}

const SSL_CTRL_SET_TLSEXT_HOSTNAME = 55;
const SSL_VERIFY_PEER = 1;

export interface TlsOptions {
  /** The name or address that the certificate must have. */
  readonly hostname: string;
  /** The one protocol to agree on (ALPN). */
  readonly protocol: string;
  /** Certificates of authorities in PEM, in place of those of the system. */
  readonly authorities?: string | undefined;
}

/**
 * Shakes hands with a server over a stream, which belongs to the connection from then on.
 *
 * @throws {TlsError} If the certificate is not trusted, or the server speaks no TLS 1.3 or another protocol
 */
export async function connectTls(stream: Stream, options: TlsOptions): Promise<TlsConnection> {
  const { protocol } = options;
  return await TlsConnection.open(stream, {
    session: openSession(openLibssl(), options),
    protocol,
    other: "server",
  });
}

function openSession(ssl: Libssl, options: TlsOptions): Deno.PointerValue {
  const context = ssl.SSL_CTX_new(ssl.TLS_client_method());
  if (context === null) throw new TlsError("no memory");
  try {
    configure(ssl, context, options);
    const session = ssl.SSL_new(context);
    if (session === null) return null;
    ssl.SSL_set_connect_state(session);
    if (!setName(ssl, session, nameInCertificate(options.hostname))) {
      ssl.SSL_free(session);
      throw new TlsError(`no certificate is for ${quote(options.hostname)}`);
    }
    return session;
  } finally {
    // The session keeps it.
    ssl.SSL_CTX_free(context);
  }
}

/** The form in which a certificate has a host: OpenSSL reads no address such as 127.1. */
export function nameInCertificate(hostname: string): string {
  return addressFamily(hostname) === undefined ? hostname : canonicalAddress(hostname);
}

/** Sets the name or address that the certificate must have; without one, OpenSSL would accept any. */
function setName(ssl: Libssl, session: Deno.PointerValue, hostname: string): boolean {
  const name = cText(hostname);
  if (addressFamily(hostname) !== undefined) {
    return ssl.X509_VERIFY_PARAM_set1_ip_asc(ssl.SSL_get0_param(session), name) === 1;
  }
  ssl.SSL_ctrl(session, SSL_CTRL_SET_TLSEXT_HOSTNAME, 0n, name);
  return hostname !== "" && ssl.SSL_set1_host(session, name) === 1;
}

function configure(
  ssl: Libssl,
  context: Deno.PointerValue,
  { protocol, authorities }: TlsOptions,
): void {
  ssl.SSL_CTX_ctrl(context, SSL_CTRL_SET_MIN_PROTO_VERSION, BigInt(TLS1_3_VERSION), null);
  const protocols = protocolList(protocol);
  ssl.SSL_CTX_set_alpn_protos(context, protocols, protocols.length);
  ssl.SSL_CTX_set_verify(context, SSL_VERIFY_PEER, null);
  if (authorities === undefined) {
    ssl.SSL_CTX_set_default_verify_paths(context);
    return;
  }
  const store = ssl.SSL_CTX_get_cert_store(context);
  const count = readCertificates(ssl, authorities, (certificate) => {
    ssl.X509_STORE_add_cert(store, certificate);
    ssl.X509_free(certificate);
  });
  if (count === 0) throw new TlsError("there is no certificate in PEM to trust");
}
