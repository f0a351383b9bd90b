/**
 * OpenSSL 3 by FFI. The modules of this folder are the only ones that call it: C checks no length, so every length
 * given to it is that of a view.
 */
import { openOpenssl } from "../../crypto/libcrypto.ts";
import { isGranted } from "../../system/permission.ts";

const SYMBOLS = {
  TLS_client_method: { parameters: [], result: "pointer" },
  TLS_server_method: { parameters: [], result: "pointer" },
  SSL_CTX_new: { parameters: ["pointer"], result: "pointer" },
  SSL_CTX_free: { parameters: ["pointer"], result: "void" },
  SSL_CTX_ctrl: { parameters: ["pointer", "i32", "isize", "pointer"], result: "isize" },
  SSL_CTX_set_alpn_protos: { parameters: ["pointer", "buffer", "u32"], result: "i32" },
  SSL_CTX_set_alpn_select_cb: {
    parameters: ["pointer", "function", "pointer"],
    result: "void",
  },
  SSL_CTX_set_num_tickets: { parameters: ["pointer", "usize"], result: "i32" },
  SSL_CTX_use_certificate: { parameters: ["pointer", "pointer"], result: "i32" },
  SSL_CTX_use_PrivateKey: { parameters: ["pointer", "pointer"], result: "i32" },
  SSL_CTX_check_private_key: { parameters: ["pointer"], result: "i32" },
  SSL_select_next_proto: {
    parameters: ["pointer", "pointer", "buffer", "u32", "pointer", "u32"],
    result: "i32",
  },
  SSL_CTX_set_default_verify_paths: { parameters: ["pointer"], result: "i32" },
  SSL_CTX_get_cert_store: { parameters: ["pointer"], result: "pointer" },
  SSL_CTX_set_verify: { parameters: ["pointer", "i32", "pointer"], result: "void" },
  SSL_new: { parameters: ["pointer"], result: "pointer" },
  SSL_free: { parameters: ["pointer"], result: "void" },
  SSL_ctrl: { parameters: ["pointer", "i32", "isize", "buffer"], result: "isize" },
  SSL_set_connect_state: { parameters: ["pointer"], result: "void" },
  SSL_set_accept_state: { parameters: ["pointer"], result: "void" },
  SSL_shutdown: { parameters: ["pointer"], result: "i32" },
  SSL_set1_host: { parameters: ["pointer", "buffer"], result: "i32" },
  SSL_get0_param: { parameters: ["pointer"], result: "pointer" },
  X509_VERIFY_PARAM_set1_ip_asc: { parameters: ["pointer", "buffer"], result: "i32" },
  SSL_set_bio: { parameters: ["pointer", "pointer", "pointer"], result: "void" },
  SSL_do_handshake: { parameters: ["pointer"], result: "i32" },
  SSL_get_error: { parameters: ["pointer", "i32"], result: "i32" },
  SSL_read: { parameters: ["pointer", "buffer", "i32"], result: "i32" },
  SSL_write: { parameters: ["pointer", "buffer", "i32"], result: "i32" },
  SSL_get0_alpn_selected: { parameters: ["pointer", "buffer", "buffer"], result: "void" },
  SSL_get_verify_result: { parameters: ["pointer"], result: "isize" },
  SSL_export_keying_material: {
    parameters: ["pointer", "buffer", "usize", "buffer", "usize", "buffer", "usize", "i32"],
    result: "i32",
  },
  BIO_s_mem: { parameters: [], result: "pointer" },
  BIO_new: { parameters: ["pointer"], result: "pointer" },
  BIO_free: { parameters: ["pointer"], result: "i32" },
  BIO_write: { parameters: ["pointer", "buffer", "i32"], result: "i32" },
  BIO_read: { parameters: ["pointer", "buffer", "i32"], result: "i32" },
  BIO_ctrl_pending: { parameters: ["pointer"], result: "usize" },
  PEM_read_bio_X509: {
    parameters: ["pointer", "pointer", "pointer", "pointer"],
    result: "pointer",
  },
  PEM_read_bio_PrivateKey: {
    parameters: ["pointer", "pointer", "pointer", "pointer"],
    result: "pointer",
  },
  EVP_PKEY_free: { parameters: ["pointer"], result: "void" },
  X509_STORE_add_cert: { parameters: ["pointer", "pointer"], result: "i32" },
  X509_free: { parameters: ["pointer"], result: "void" },
  X509_verify_cert_error_string: { parameters: ["isize"], result: "pointer" },
  ERR_get_error: { parameters: [], result: "u64" },
  ERR_reason_error_string: { parameters: ["u64"], result: "pointer" },
  ERR_clear_error: { parameters: [], result: "void" },
} as const satisfies Deno.ForeignLibraryInterface;

export type Libssl = Deno.DynamicLibrary<typeof SYMBOLS>["symbols"];

/** There is no TLS library. */
export class NoLibsslError extends Error {}

/** TLS failed; the message has OpenSSL's reason. */
export class TlsError extends Error {}

let opened: Libssl | undefined;

/**
 * Opens the library, once and for all.
 *
 * @throws {NoLibsslError} If there is none
 * @throws {Deno.errors.NotCapable} If the permission to call C functions is missing
 */
export function openLibssl(): Libssl {
  if (opened !== undefined) return opened;
  // The npm package runs without Deno.
  if (!("Deno" in globalThis)) throw new NoLibsslError("NTS needs Deno, which calls OpenSSL");
  if (!isGranted({ name: "ffi" })) {
    throw new Deno.errors.NotCapable(
      "to call OpenSSL, which NTS needs: run again with --allow-ffi",
    );
  }
  opened = openOpenssl("ssl", SYMBOLS);
  if (opened !== undefined) return opened;
  throw new NoLibsslError("NTS needs OpenSSL 3, and libssl was not found");
}

/** Reads objects in PEM, such as certificates, until there is none left; `use` is given each one. */
export function readPem(
  ssl: Libssl,
  pem: string,
  read: (bio: Deno.PointerValue) => Deno.PointerValue,
  use: (object: Deno.PointerValue, index: number) => void,
): number {
  const octets = new TextEncoder().encode(pem);
  const bio = ssl.BIO_new(ssl.BIO_s_mem());
  if (bio === null) return 0;
  let count = 0;
  try {
    ssl.BIO_write(bio, octets, octets.length);
    while (true) {
      const object = read(bio);
      if (object === null) break;
      use(object, count++);
    }
  } finally {
    ssl.BIO_free(bio);
    ssl.ERR_clear_error();
  }
  return count;
}

/** Encodes a text for C. */
export function cText(text: string): Uint8Array<ArrayBuffer> {
  if (text.includes("\0")) throw new RangeError("A text for C has no NUL");
  return new TextEncoder().encode(`${text}\0`);
}

/** Reads a text that the library keeps; empty for none. */
export function textAt(pointer: Deno.PointerValue): string {
  return pointer === null ? "" : Deno.UnsafePointerView.getCString(pointer);
}

/** The reason of the last failure, in OpenSSL's words. */
export function takeReason(ssl: Libssl): string {
  return textAt(ssl.ERR_reason_error_string(ssl.ERR_get_error())) || "TLS failed";
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
