/** The server's side of TLS 1.3: its certificate and key, which many connections share. */
import {
  type Libssl,
  openLibssl,
  protocolList,
  readCertificates,
  readPem,
  takeReason,
  TlsError,
} from "./libssl.ts";
import {
  SSL_CTRL_SET_MIN_PROTO_VERSION,
  type Stream,
  TLS1_3_VERSION,
  TlsConnection,
} from "./tls_connection.ts";

const SSL_CTRL_EXTRA_CHAIN_CERT = 14;
const SSL_TLSEXT_ERR_OK = 0;
const SSL_TLSEXT_ERR_ALERT_FATAL = 2;
const OPENSSL_NPN_NEGOTIATED = 1;

/** No request of a key exchange needs more, with its handshake. */
const MAX_RECEIVED = 32_768;

export interface TlsServerOptions {
  /** The certificate in PEM, then those between it and an authority. */
  readonly certificate: string;
  /** Its private key in PEM. */
  readonly key: string;
  /** The one protocol to agree on (ALPN). */
  readonly protocol: string;
}

export class TlsServer implements Disposable {
  readonly #ssl: Libssl = openLibssl();
  readonly #context: Deno.PointerValue;
  readonly #protocol: string;
  /** OpenSSL keeps pointers to both. */
  readonly #protocols: Uint8Array<ArrayBuffer>;
  readonly #select: { readonly pointer: Deno.PointerObject; close(): void };
  #handshakes = 0;
  #isClosed = false;

  /**
   * @throws {TlsError} If the certificate or the key cannot be read, or they are not of one pair
   * @throws {NoLibsslError} If there is no OpenSSL
   */
  constructor({ certificate, key, protocol }: TlsServerOptions) {
    const ssl = this.#ssl;
    this.#protocol = protocol;
    const protocols = this.#protocols = protocolList(protocol);
    this.#context = ssl.SSL_CTX_new(ssl.TLS_server_method());
    if (this.#context === null) throw new TlsError("no memory");
    this.#select = new Deno.UnsafeCallback(
      {
        parameters: ["pointer", "pointer", "pointer", "pointer", "u32", "pointer"],
        result: "i32",
      },
      (_session, out, outLength, offered, length) => {
        const found = ssl.SSL_select_next_proto(
          ...[out, outLength, protocols, protocols.length, offered, length] as const,
        );
        return found === OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
      },
    );
    try {
      this.#configure(certificate, key);
    } catch (error) {
      this[Symbol.dispose]();
      throw error;
    }
  }

  #configure(certificate: string, key: string): void {
    const [ssl, context] = [this.#ssl, this.#context];
    ssl.SSL_CTX_ctrl(context, SSL_CTRL_SET_MIN_PROTO_VERSION, BigInt(TLS1_3_VERSION), null);
    // No client resumes a key exchange.
    ssl.SSL_CTX_set_num_tickets(context, 0n);
    ssl.SSL_CTX_set_alpn_select_cb(context, this.#select.pointer, null);
    const certificates = readCertificates(ssl, certificate, (each, index) => {
      const isUsed = index === 0
        ? ssl.SSL_CTX_use_certificate(context, each) === 1
        : ssl.SSL_CTX_ctrl(context, SSL_CTRL_EXTRA_CHAIN_CERT, 0n, each) === 1n;
      // The context keeps those of the chain.
      if (index === 0 || !isUsed) ssl.X509_free(each);
      if (!isUsed) throw new TlsError(`OpenSSL refuses a certificate: ${takeReason(ssl)}`);
    });
    if (certificates === 0) throw new TlsError("there is no certificate in PEM");
    // Without an answer to it, an encrypted key would ask on the terminal.
    if (/ENCRYPTED/.test(key)) throw new TlsError("the key is encrypted");
    const keys = readPem(
      ssl,
      key,
      (bio) => ssl.PEM_read_bio_PrivateKey(bio, null, null, null),
      (each) => {
        ssl.SSL_CTX_use_PrivateKey(context, each);
        ssl.EVP_PKEY_free(each);
      },
    );
    if (keys === 0) throw new TlsError("there is no private key in PEM");
    if (ssl.SSL_CTX_check_private_key(context) !== 1) {
      ssl.ERR_clear_error();
      throw new TlsError("the key is not that of the certificate");
    }
  }

  /**
   * Shakes hands with a client over a stream, which belongs to the connection from then on.
   *
   * @throws {TlsError} If the client speaks no TLS 1.3 or another protocol
   */
  async accept(stream: Stream): Promise<TlsConnection> {
    if (this.#isClosed) throw new TlsError("the server is closed");
    const session = this.#ssl.SSL_new(this.#context);
    if (session !== null) this.#ssl.SSL_set_accept_state(session);
    const [protocol, maxReceived] = [this.#protocol, MAX_RECEIVED];
    this.#handshakes++;
    try {
      return await TlsConnection.open(stream, { session, protocol, other: "client", maxReceived });
    } finally {
      this.#handshakes--;
      if (this.#isClosed) this.#free();
    }
  }

  /** Frees what OpenSSL has of it, once no handshake needs it; connections that are open keep what they need. */
  [Symbol.dispose](): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#free();
  }

  #free(): void {
    if (this.#handshakes > 0) return;
    this.#ssl.SSL_CTX_free(this.#context);
    this.#select.close();
  }
}
