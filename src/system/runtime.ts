/**
 * What the library needs of its runtime beyond the standards of the web. It is Deno's; the npm package has
 * that of Node in its place (`node_runtime.ts`). Only what calls C functions names Deno itself: Node cannot.
 */
export interface Runtime {
  readonly build: Pick<typeof Deno.build, "arch" | "os">;
  readonly env: Pick<typeof Deno.env, "get">;
  readonly errors: Pick<
    typeof Deno.errors,
    "AddrInUse" | "AddrNotAvailable" | "NotCapable" | "NotSupported" | "PermissionDenied"
  >;
  listen(
    options: Pick<Deno.TcpListenOptions, "hostname" | "port">,
  ): TcpListener | Promise<TcpListener>;
  /** Undefined without Deno's setting `net`. */
  readonly listenDatagram?: (
    options: { readonly transport: "udp"; readonly hostname: string; readonly port: number },
  ) => DatagramSocket;
  memoryUsage(): Pick<Deno.MemoryUsage, "rss">;
  networkInterfaces(): Deno.NetworkInterfaceInfo[];
  readonly permissions: {
    querySync(permission: Deno.PermissionDescriptor): { readonly state: Deno.PermissionState };
  };
  readFileSync(path: string): Uint8Array;
  readonly version: Pick<typeof Deno.version, "deno">;
}

/** A UDP socket. */
export type DatagramSocket = Pick<Deno.DatagramConn, "addr" | "close" | "receive" | "send">;

/** A TCP connection. */
export type TcpConnection = Pick<
  Deno.TcpConn,
  "close" | "closeWrite" | "read" | "remoteAddr" | "setNoDelay" | "write"
>;

/** A TCP socket that accepts connections. */
export interface TcpListener {
  readonly addr: Deno.Addr;
  accept(): Promise<TcpConnection>;
  close(): void;
}

export const runtime: Runtime = Deno;

/** Makes a signal that aborts after a time, and keeps the process alive only while something waits for it. */
export const timeoutSignal = (ms: number): AbortSignal => AbortSignal.timeout(ms);
