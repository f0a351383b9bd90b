/** An authority that is made for tests, and a certificate that it issues (RFC 5280 §4). */
import { addressFamily } from "../system/address.ts";
import { parseIpWords } from "../text/ip_words.ts";

export interface SelfSigned {
  /** The authority, signed by itself, in PEM: clients are to trust it. Many refuse one that a server presents. */
  readonly authority: string;
  /** The certificate of the server, in PEM. */
  readonly certificate: string;
  /** The private key in PEM. */
  readonly key: string;
  /** Another certificate of the same key, which ended a day before the other began. */
  readonly expired: string;
}

/** Tags of DER (X.690). */
const tag = {
  boolean: 0x01,
  integer: 0x02,
  bits: 0x03,
  octets: 0x04,
  id: 0x06,
  text: 0x0c,
  time: 0x18,
  sequence: 0x30,
  set: 0x31,
  version: 0xa0,
  extensions: 0xa3,
  dnsName: 0x82,
  ipAddress: 0x87,
} as const;

type Der = readonly number[];

function der(tag: number, ...contents: readonly (Der | Uint8Array)[]): Der {
  const body = contents.flatMap((each) => [...each]);
  const { length } = body;
  const octets = length < 0x80
    ? [length]
    : length < 0x100
    ? [0x81, length]
    : [0x82, length >> 8, length & 0xff];
  return [tag, ...octets, ...body];
}

/** Object identifiers, encoded. */
const id = {
  ecdsaWithSha256: der(tag.id, [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02]),
  commonName: der(tag.id, [0x55, 0x04, 0x03]),
  alternativeName: der(tag.id, [0x55, 0x1d, 0x11]),
  basicConstraints: der(tag.id, [0x55, 0x1d, 0x13]),
};

const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);

/**
 * Makes an authority and certificates, all of one key (ECDSA, P-256).
 *
 * @param names Names and addresses that they are for
 * @param from When they begin to be valid, for this many days
 */
export async function makeSelfSigned(
  names: readonly string[],
  from: Temporal.Instant,
  days: number,
): Promise<SelfSigned> {
  const algorithm = { name: "ECDSA", namedCurve: "P-256" };
  const pair = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const pkcs8 = new Uint8Array(await crypto.subtle.exportKey("pkcs8", pair.privateKey));
  const longAgo = from.subtract({ hours: 24 * (days + 1) });
  return {
    authority: await issue(pair, { names, subject: ISSUER, from, days }),
    certificate: await issue(pair, { names, subject: `${ISSUER} server`, from, days }),
    key: pem("PRIVATE KEY", pkcs8),
    expired: await issue(pair, { names, subject: `${ISSUER} expired`, from: longAgo, days }),
  };
}

const ISSUER = "timesrv";

interface Certificate {
  readonly names: readonly string[];
  /** That of the issuer is the authority. */
  readonly subject: string;
  readonly from: Temporal.Instant;
  readonly days: number;
}

/** Issues a certificate for a key, signed by the same. */
async function issue(
  { publicKey, privateKey }: CryptoKeyPair,
  { names, subject, from, days }: Certificate,
): Promise<string> {
  const spki = new Uint8Array(await crypto.subtle.exportKey("spki", publicKey));
  const signature = der(tag.sequence, id.ecdsaWithSha256);
  const isAuthority = subject === ISSUER;
  const body = der(
    tag.sequence,
    der(tag.version, der(tag.integer, [2])),
    der(tag.integer, [0x01, ...crypto.getRandomValues(new Uint8Array(15))]),
    signature,
    nameOf(ISSUER),
    der(tag.sequence, timeOf(from), timeOf(from.add({ hours: 24 * days }))),
    nameOf(subject),
    spki,
    der(
      tag.extensions,
      der(
        tag.sequence,
        extension(
          id.basicConstraints,
          der(tag.sequence, isAuthority ? der(tag.boolean, [0xff]) : []),
          true,
        ),
        extension(id.alternativeName, der(tag.sequence, ...names.map(alternativeName))),
      ),
    ),
  );
  const hash = { name: "ECDSA", hash: "SHA-256" };
  const signed = await crypto.subtle.sign(hash, privateKey, Uint8Array.from(body));
  const certificate = der(
    tag.sequence,
    body,
    signature,
    der(tag.bits, [0], signatureOf(new Uint8Array(signed))),
  );
  return pem("CERTIFICATE", Uint8Array.from(certificate));
}

function nameOf(name: string): Der {
  const common = der(tag.sequence, id.commonName, der(tag.text, ascii(name)));
  return der(tag.sequence, der(tag.set, common));
}

function extension(id: Der, value: Der, isCritical = false): Der {
  const critical = isCritical ? [der(tag.boolean, [0xff])] : [];
  return der(tag.sequence, id, ...critical, der(tag.octets, value));
}

function alternativeName(name: string): Der {
  const family = addressFamily(name);
  if (family === undefined) return der(tag.dnsName, ascii(name));
  const words = new Uint32Array(4);
  parseIpWords(name, words);
  const octets = [...words].flatMap((word) => [24, 16, 8, 0].map((bits) => word >>> bits & 0xff));
  return der(tag.ipAddress, family === 4 ? octets.slice(12) : octets);
}

function timeOf(instant: Temporal.Instant): Der {
  return der(tag.time, ascii(instant.toString({ smallestUnit: "second" }).replace(/[-:T]/g, "")));
}

/** Two numbers of 32 octets as WebCrypto has them, in the form of a certificate. */
function signatureOf(raw: Uint8Array): Der {
  return der(tag.sequence, numberOf(raw.subarray(0, 32)), numberOf(raw.subarray(32)));
}

function numberOf(octets: Uint8Array): Der {
  const first = octets.findIndex((octet) => octet !== 0);
  const digits = [...octets.subarray(first < 0 ? 31 : first)];
  // The first bit is that of the sign.
  return der(tag.integer, (digits[0] as number) >= 0x80 ? [0, ...digits] : digits);
}

function pem(label: string, octets: Uint8Array): string {
  const lines = octets.toBase64().match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ""].join("\n");
}
