/**
 * A TLS 1.3 connection of a client without OpenSSL: Deno's own TLS gives its exporter secret only to the file that
 * `SSLKEYLOGFILE` names at the start, so that a child of Deno connects, and writes its secrets into a pipe.
 */
import { formatAddress } from "../../protocols/endpoint.ts";
import { isGranted } from "../../system/permission.ts";
import { nameInCertificate, type TlsOptions } from "./tls_connection.ts";
import { TlsError } from "./libssl.ts";

/** The task of the child. */
export interface TlsChildOptions extends TlsOptions {
  /** The address to connect to. */
  readonly address: string;
  readonly port: number;
  /** The octets to send. */
  readonly request: Uint8Array;
}

/** No lines of secrets, or octets in hexadecimal digits, of a key exchange are longer. */
const MAX_OUTPUT = 1_048_576;

/** The child: `given` comes before it. It ends with its parent's pipe, or when that ends it. */
const SCRIPT = `
// It outlives no parent that was killed.
Deno.unrefTimer(setTimeout(() => Deno.exit(1), 60_000));
const write = (kind, value) => console.log(kind + " " + value);
let stage = "unreachable";
try {
  const { hostname, address, port, protocol, authorities, request } = given;
  const stream = await Deno.connect({ hostname: address, port });
  stage = "failed";
  stream.setNoDelay(true);
  const tls = await Deno.startTls(stream, {
    hostname, alpnProtocols: [protocol], caCerts: authorities === undefined ? [] : [authorities],
  });
  const { alpnProtocol } = await tls.handshake();
  if (alpnProtocol !== protocol) throw new Error("the server does not speak " + protocol);
  await tls.write(Uint8Array.fromHex(request));
  const piece = new Uint8Array(16384);
  for (let length; (length = await tls.read(piece)) !== null;) {
    write("received", piece.subarray(0, length).toHex());
  }
  write("ended", "");
} catch (error) {
  write(stage, error.message.replaceAll("\\n", " "));
}
`;

/** Whether such a child can be started: a program that `deno compile` made has no Deno to run. */
export function canStartTlsChild(): boolean {
  return "Deno" in globalThis && !Deno.build.standalone && Deno.build.os !== "windows" &&
    isGranted({ name: "run", command: Deno.execPath() });
}

/** A connection by a child; disposing of it ends that. */
export class TlsChild implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #lines: AsyncIterator<readonly [kind: string, value: string]>;
  #secret: Uint8Array<ArrayBuffer> | undefined;

  private constructor(child: Deno.ChildProcess) {
    this.#child = child;
    this.#lines = readLines(child.stdout);
  }

  /**
   * Starts the child, which connects, shakes hands and sends the request.
   *
   * @param signal Ends it
   */
  static async open(
    { request, ...options }: TlsChildOptions,
    signal: AbortSignal,
  ): Promise<TlsChild> {
    const { address, port, authorities } = options;
    // The permission to connect has no zone.
    const place = formatAddress({ hostname: address.replace(/%.*$/, ""), port });
    const hostname = nameInCertificate(options.hostname);
    const child = new Deno.Command(Deno.execPath(), {
      args: [
        ...["run", "--quiet", "--no-prompt", "--no-config", "--no-lock", "--no-remote", "--no-npm"],
        ...["--ext=js", `--allow-net=${place}`, "-"],
      ],
      // Nothing else is trusted than the authorities given: the environment may name more.
      clearEnv: authorities !== undefined,
      env: {
        SSLKEYLOGFILE: "/dev/stdout",
        DENO_TLS_CA_STORE: authorities === undefined ? "system" : "",
      },
      ...{ stdin: "piped", stdout: "piped", stderr: "null", signal },
    }).spawn();
    const tls = new TlsChild(child);
    try {
      const given = JSON.stringify({ ...options, hostname, request: request.toHex() });
      const stdin = child.stdin.getWriter();
      await stdin.write(new TextEncoder().encode(`const given = ${given};${SCRIPT}`));
      await stdin.close();
    } catch {
      // It has ended already, which reading shows.
    }
    return tls;
  }

  /**
   * Receives some octets; undefined at the end.
   *
   * @throws {TlsError} If the child does not trust the server
   * @throws {Error} If it cannot connect
   */
  async read(): Promise<Uint8Array<ArrayBuffer> | undefined> {
    while (true) {
      const { done, value } = await this.#lines.next();
      if (done) throw new TlsError("the child that connects has ended");
      const [kind, text] = value;
      if (kind === "EXPORTER_SECRET") {
        this.#secret = Uint8Array.fromHex(text.split(" ")[1] ?? "");
      } else if (kind === "received") return Uint8Array.fromHex(text);
      else if (kind === "ended") return undefined;
      else if (kind === "failed") throw new TlsError(text);
      else if (kind === "unreachable") throw new Error(text);
    }
  }

  /**
   * Exports keying material (RFC 8446 §7.5), once something was received.
   *
   * @throws {TlsError} If the connection is not of TLS 1.3
   */
  async exportKey(
    label: string,
    context: Uint8Array<ArrayBuffer>,
    length: number,
  ): Promise<Uint8Array> {
    const secret = this.#secret;
    if (secret === undefined) throw new TlsError("the server does not speak TLS 1.3");
    const hash = secret.length === 48 ? "SHA-384" : "SHA-256";
    const digest = (octets: Uint8Array<ArrayBuffer>) => crypto.subtle.digest(hash, octets);
    const empty = await digest(new Uint8Array());
    const derived = await expandLabel(hash, secret, label, empty, secret.length);
    return await expandLabel(hash, derived, "exporter", await digest(context), length);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#child.kill("SIGKILL");
    } catch {
      // It has ended.
    }
    await this.#lines.return?.();
    await this.#child.status;
  }
}

/** Reads lines, each of a word and a value. */
async function* readLines(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
): AsyncGenerator<readonly [kind: string, value: string]> {
  let text = "";
  let length = 0;
  for await (const piece of stream.pipeThrough(new TextDecoderStream())) {
    length += piece.length;
    if (length > MAX_OUTPUT) throw new TlsError("the server sent too much");
    const lines = (text + piece).split("\n");
    text = lines.pop() ?? "";
    for (const line of lines) {
      const at = line.indexOf(" ");
      yield [line.slice(0, at), line.slice(at + 1)];
    }
  }
}

/** HKDF-Expand-Label (RFC 8446 §7.1), for no more octets than the hash has. */
async function expandLabel(
  hash: string,
  secret: Uint8Array<ArrayBuffer>,
  label: string,
  context: ArrayBuffer,
  length: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const name = new TextEncoder().encode(`tls13 ${label}`);
  const info = Uint8Array.from([
    ...[length >> 8, length & 0xff, name.length, ...name],
    ...[context.byteLength, ...new Uint8Array(context), 1],
  ]);
  const algorithm = { name: "HMAC", hash };
  const key = await crypto.subtle.importKey("raw", secret, algorithm, false, ["sign"]);
  return new Uint8Array(await crypto.subtle.sign("HMAC", key, info)).subarray(0, length);
}
