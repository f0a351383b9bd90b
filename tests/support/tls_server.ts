/** TLS servers that answer key exchanges as a test has it. */

/** A TLS server with a certificate of a folder that sends these octets to every client. */
export function serveTls(
  folder: string,
  { certificate = "good", protocols = ["ntske/1"], answer }: {
    readonly certificate?: string;
    readonly protocols?: string[];
    readonly answer: readonly number[] | undefined;
  },
): AsyncDisposable & { readonly port: number } {
  const listener = Deno.listenTls({
    hostname: "127.0.0.1",
    port: 0,
    cert: Deno.readTextFileSync(`${folder}/${certificate}.pem`),
    key: Deno.readTextFileSync(`${folder}/${certificate}.key`),
    alpnProtocols: protocols,
  });
  const serving = (async () => {
    for await (const connection of listener) {
      try {
        if (await connection.read(new Uint8Array(4096)) === null) continue;
        if (answer !== undefined) await connection.write(Uint8Array.from(answer));
        // It waits for the client to end, and never ends by itself.
        if (answer === undefined) await connection.read(new Uint8Array(1));
      } catch {
        // The client has gone.
      } finally {
        connection.close();
      }
    }
  })().catch(() => {});
  return {
    port: (listener.addr as Deno.NetAddr).port,
    async [Symbol.asyncDispose](): Promise<void> {
      listener.close();
      await serving;
    },
  };
}

/** A record of a key exchange. */
export const record = (type: number, body: readonly number[] = []): number[] => [
  ...[type >> 8, type & 0xff, body.length >> 8, body.length & 0xff],
  ...body,
];
/** The last record. */
export const end = record(0x8000);
/** The records of an agreement. */
export const agreed = [...record(0x8001, [0, 0]), ...record(0x8004, [0, 15])];
