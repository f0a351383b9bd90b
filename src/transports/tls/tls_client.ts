/** The client's side of TLS 1.3: what it trusts, and the name that a certificate must have. */
import { addressFamily } from "../../system/address.ts";
import { cText, type Libssl, openLibssl, readPem } from "./libssl.ts";
import {
  SSL_CTRL_SET_MIN_PROTO_VERSION,
  type Stream,
  TLS1_3_VERSION,
  TlsConnection,
  TlsError,
} from "./tls_connection.ts";

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
    const name = cText(options.hostname.replace(/%.*$/, ""));
    if (addressFamily(options.hostname) !== undefined) {
      ssl.X509_VERIFY_PARAM_set1_ip_asc(ssl.SSL_get0_param(session), name);
    } else {
      ssl.SSL_ctrl(session, SSL_CTRL_SET_TLSEXT_HOSTNAME, 0n, name);
      ssl.SSL_set1_host(session, name);
    }
    return session;
  } finally {
    // The session keeps it.
    ssl.SSL_CTX_free(context);
  }
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

/**
 * Reads all certificates of a text in PEM; returns their number.
 *
 * @throws {TlsError} If one after the first cannot be read
 */
export function readCertificates(
  ssl: Libssl,
  pem: string,
  use: (certificate: Deno.PointerValue, index: number) => void,
): number {
  const count = readPem(ssl, pem, (bio) => ssl.PEM_read_bio_X509(bio, null, null, null), use);
  const begun = pem.match(/^-----BEGIN (?:X509 )?CERTIFICATE-----/gm)?.length ?? 0;
  // OpenSSL stops at it, and a chain would lack its end.
  if (count > 0 && count < begun) {
    throw new TlsError(`certificate ${count + 1} of the PEM is broken`);
  }
  return count;
}

/** A list of one protocol, as ALPN has it on the wire (RFC 7301 §3.1). */
export function protocolList(protocol: string): Uint8Array<ArrayBuffer> {
  const name = new TextEncoder().encode(protocol);
  return Uint8Array.from([name.length, ...name]);
}
