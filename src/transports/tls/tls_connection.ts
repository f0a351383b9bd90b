/** A TLS 1.3 connection of a client: OpenSSL between two buffers in memory, and a socket of Deno. */
import { addressFamily } from "../../system/address.ts";
import { cText, type Libssl, openLibssl, textAt } from "./libssl.ts";

const SSL_CTRL_SET_MIN_PROTO_VERSION = 123;
const SSL_CTRL_SET_TLSEXT_HOSTNAME = 55;
const TLS1_3_VERSION = 0x0304;
const SSL_VERIFY_PEER = 1;
const SSL_ERROR_WANT_READ = 2;
const SSL_ERROR_ZERO_RETURN = 6;
const X509_V_OK = 0;

const PIECE = 16_384;

/** No handshake or answer of a key exchange needs more. */
const MAX_RECEIVED = 262_144;

/** A TCP connection. */
export type Stream = Pick<Deno.TcpConn, "read" | "write" | "close">;

export interface TlsOptions {
  /** The name or address that the certificate must have. */
  readonly hostname: string;
  /** The one protocol to agree on (ALPN). */
  readonly protocol: string;
  /** Certificates of authorities in PEM, in place of those of the system. */
  readonly authorities?: string | undefined;
}

/** TLS failed; the message has OpenSSL's reason. */
export class TlsError extends Error {}

/** A connection; closing it frees all that OpenSSL has of it, and closes the stream. */
export class TlsConnection implements Disposable {
  readonly #ssl: Libssl;
  readonly #stream: Stream;
  readonly #context: Deno.PointerValue;
  readonly #session: Deno.PointerValue;
  readonly #input: Deno.PointerValue;
  readonly #output: Deno.PointerValue;
  readonly #piece = new Uint8Array(PIECE);
  #received = 0;
  #isClosed = false;

  private constructor(stream: Stream, options: TlsOptions) {
    const ssl = this.#ssl = openLibssl();
    this.#stream = stream;
    this.#context = ssl.SSL_CTX_new(ssl.TLS_client_method());
    if (this.#context === null) throw new TlsError("no memory");
    try {
      this.#configure(options);
    } catch (error) {
      ssl.SSL_CTX_free(this.#context);
      throw error;
    }
    this.#session = ssl.SSL_new(this.#context);
    [this.#input, this.#output] = [ssl.BIO_new(ssl.BIO_s_mem()), ssl.BIO_new(ssl.BIO_s_mem())];
    // C has no exceptions: no pointer that is none may be used.
    if ([this.#session, this.#input, this.#output].includes(null)) throw new TlsError("no memory");
    // Both belong to the session from now on.
    ssl.SSL_set_bio(this.#session, this.#input, this.#output);
    ssl.SSL_set_connect_state(this.#session);
    const name = cText(options.hostname.replace(/%.*$/, ""));
    if (addressFamily(options.hostname) !== undefined) {
      ssl.X509_VERIFY_PARAM_set1_ip_asc(ssl.SSL_get0_param(this.#session), name);
    } else {
      ssl.SSL_ctrl(this.#session, SSL_CTRL_SET_TLSEXT_HOSTNAME, 0n, name);
      ssl.SSL_set1_host(this.#session, name);
    }
  }

  /**
   * Shakes hands over a stream, which belongs to the connection from then on.
   *
   * @throws {TlsError} If the certificate is not trusted, or the server speaks no TLS 1.3 or another protocol
   */
  static async open(stream: Stream, options: TlsOptions): Promise<TlsConnection> {
    const connection = new TlsConnection(stream, options);
    try {
      await connection.#run(() => connection.#ssl.SSL_do_handshake(connection.#session));
      connection.#checkProtocol(options.protocol);
      return connection;
    } catch (error) {
      connection[Symbol.dispose]();
      throw error;
    }
  }

  #configure({ protocol, authorities }: TlsOptions): void {
    const ssl = this.#ssl;
    ssl.SSL_CTX_ctrl(
      this.#context,
      SSL_CTRL_SET_MIN_PROTO_VERSION,
      BigInt(TLS1_3_VERSION),
      null,
    );
    const name = new TextEncoder().encode(protocol);
    const protocols = Uint8Array.from([name.length, ...name]);
    ssl.SSL_CTX_set_alpn_protos(this.#context, protocols, protocols.length);
    ssl.SSL_CTX_set_verify(this.#context, SSL_VERIFY_PEER, null);
    if (authorities === undefined) ssl.SSL_CTX_set_default_verify_paths(this.#context);
    else this.#trust(authorities);
  }

  /** Trusts the certificates in a text, and no others. */
  #trust(pem: string): void {
    const ssl = this.#ssl;
    const octets = new TextEncoder().encode(pem);
    const bio = ssl.BIO_new(ssl.BIO_s_mem());
    const store = ssl.SSL_CTX_get_cert_store(this.#context);
    let count = 0;
    try {
      ssl.BIO_write(bio, octets, octets.length);
      while (true) {
        const certificate = ssl.PEM_read_bio_X509(bio, null, null, null);
        if (certificate === null) break;
        ssl.X509_STORE_add_cert(store, certificate);
        ssl.X509_free(certificate);
        count++;
      }
    } finally {
      ssl.BIO_free(bio);
      ssl.ERR_clear_error();
    }
    if (count === 0) throw new TlsError("there is no certificate in PEM to trust");
  }

  #checkProtocol(expected: string): void {
    const pointer = new BigUint64Array(1);
    const length = new Uint32Array(1);
    this.#ssl.SSL_get0_alpn_selected(this.#session, pointer, length);
    const [at = 0n, octets = 0] = [pointer[0], length[0]];
    const found = at === 0n || octets > 255 ? "" : new TextDecoder().decode(
      new Uint8Array(
        Deno.UnsafePointerView.getArrayBuffer(
          Deno.UnsafePointer.create(at) as Deno.PointerObject,
          octets,
        ),
      ),
    );
    if (found !== expected) throw new TlsError(`the server does not speak ${expected}`);
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
    while (true) {
      if (this.#isClosed) throw new TlsError("the connection is closed");
      ssl.ERR_clear_error();
      const result = call();
      // Both read the state of the call right before: nothing may wait in between.
      const error = result > 0 ? 0 : ssl.SSL_get_error(this.#session, result);
      const reason = result > 0 || error === SSL_ERROR_WANT_READ ? "" : this.#reason();
      await this.#flush();
      if (result > 0) return result;
      if (error === SSL_ERROR_ZERO_RETURN) return 0;
      if (error !== SSL_ERROR_WANT_READ) throw new TlsError(reason);
      const length = await this.#stream.read(this.#piece);
      if (length === null) throw new TlsError("the server closed the connection");
      this.#received += length;
      if (this.#received > MAX_RECEIVED) throw new TlsError("the server sent too much");
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

  /** The reason of the last failure, in OpenSSL's words. */
  #reason(): string {
    const verified = Number(this.#ssl.SSL_get_verify_result(this.#session));
    const code = this.#ssl.ERR_get_error();
    const reason = textAt(this.#ssl.ERR_reason_error_string(code)) || "TLS failed";
    return verified === X509_V_OK
      ? reason
      : `${reason}: ${textAt(this.#ssl.X509_verify_cert_error_string(BigInt(verified)))}`;
  }

  [Symbol.dispose](): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#ssl.SSL_free(this.#session);
    this.#ssl.SSL_CTX_free(this.#context);
    try {
      this.#stream.close();
    } catch {
      // It was closed by a time limit.
    }
  }
}
