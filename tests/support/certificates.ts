/** Certificates for TLS servers of tests, which openssl makes. */
import { run } from "./process.ts";

const KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];

async function openssl(folder: string, ...args: readonly string[]): Promise<void> {
  const { code, stderr } = await run(["openssl", ...args], { cwd: folder });
  if (code !== 0) throw new Error(stderr);
}

/** Makes an authority in a folder: `ca.pem`, `ca.key`. */
export async function makeAuthority(folder: string, name = "ca"): Promise<void> {
  const files = ["-keyout", `${name}.key`, "-out", `${name}.pem`];
  const extension = ["-addext", "basicConstraints=critical,CA:TRUE"];
  await openssl(folder, "req", "-x509", ...KEY, ...files, "-subj", `/CN=${name}`, ...extension);
}

/** Issues a certificate by the authority `by`: `NAME.pem`, `NAME.key`. */
export async function issue(
  folder: string,
  name: string,
  { subject = "DNS:localhost,IP:127.0.0.1", options = [], by = "ca" }: {
    readonly subject?: string;
    readonly options?: readonly string[];
    readonly by?: string;
  } = {},
): Promise<void> {
  await Deno.writeTextFile(`${folder}/${name}.ext`, `subjectAltName=${subject}`);
  const files = ["-keyout", `${name}.key`, "-out", `${name}.csr`];
  await openssl(folder, "req", ...KEY, ...files, "-subj", `/CN=${name}`);
  await openssl(
    folder,
    ...["x509", "-req", "-in", `${name}.csr`, "-out", `${name}.pem`, "-extfile", `${name}.ext`],
    ...["-CA", `${by}.pem`, "-CAkey", `${by}.key`, "-CAcreateserial", ...options],
  );
}
