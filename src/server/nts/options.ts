/** The options of a server by NTS: they are together in the command line, and keys of `ServeOptions`. */
import type { Endpoint } from "../../protocols/endpoint.ts";
import { type Fields, file, whole } from "../../options/field.ts";

/** The part of `ServeOptions` for NTS (RFC 8915). */
export interface NtsOptions {
  /**
   * The file of a certificate in PEM, then those between it and an authority: with it and `ntsKey`, NTP is also served
   * by NTS (RFC 8915). Both files are read again when they change.
   */
  readonly ntsCert?: string | undefined;
  /** The file of the private key of `ntsCert` in PEM, which others may not read. */
  readonly ntsKey?: string | undefined;
  /**
   * The file to write a certificate to, for clients to trust: it is made at the start, for `localhost` and the addresses
   * listened on. This is for tests, in place of `ntsCert` and `ntsKey`.
   */
  readonly ntsSelfSigned?: string | undefined;
  /**
   * The TCP port of the key exchange, on the address of each listener with NTP; 0 is any free one.
   *
   * @default {4460}
   */
  readonly ntsPort?: number | undefined;
}

export const ntsFields: Fields<NtsOptions> = {
  ntsCert: file({ name: "nts-cert", help: "serve NTS too, with this certificate in PEM" }),
  ntsKey: file({ name: "nts-key", help: "its private key in PEM, which others may not read" }),
  ntsSelfSigned: file({
    name: "nts-self-signed",
    help: "serve NTS for tests: write a certificate for --nts-ca here",
  }),
  ntsPort: whole(0, 65_535, {
    name: "nts-port",
    syntax: "<port>",
    help: "TCP port of the NTS key exchange",
    default: "4460",
  }),
};

/** A certificate that ends sooner is worth a warning. */
export const CERTIFICATE_WARNING_HOURS = 14 * 24;

export const DEFAULT_NTS_PORT = 4460;

/** Whether NTS is to be served. */
export function servesNts({ ntsCert, ntsKey, ntsSelfSigned }: NtsOptions): boolean {
  return (ntsCert ?? ntsKey ?? ntsSelfSigned) !== undefined;
}

/**
 * Checks that the options of NTS go together.
 *
 * @throws {SyntaxError} If one is missing or contradicts another one
 */
export function checkNts(
  options: NtsOptions,
  listeners: readonly { readonly endpoint: Endpoint }[],
): void {
  const { ntsCert, ntsKey, ntsSelfSigned, ntsPort } = options;
  if (ntsSelfSigned !== undefined && (ntsCert ?? ntsKey) !== undefined) {
    throw new SyntaxError("A self-signed certificate of NTS excludes another certificate and key");
  }
  if ((ntsCert === undefined) !== (ntsKey === undefined)) {
    throw new SyntaxError("NTS needs both a certificate and its key");
  }
  if (servesNts(options) && !listeners.some(({ endpoint }) => speaksNtp(endpoint))) {
    throw new SyntaxError("NTS needs a listener with NTP");
  }
  if (ntsPort !== undefined && !servesNts(options)) {
    throw new SyntaxError(
      "A port of NTS needs a certificate: see --nts-cert and --nts-self-signed",
    );
  }
}

/** Whether a listener answers NTP, whatever else. */
export function speaksNtp({ protocol }: Pick<Endpoint, "protocol">): boolean {
  return protocol === "ntp" || protocol === "auto";
}
