/** The receive queues of UDP sockets, from the kernel. */

/** The queue of one socket. */
export interface UdpQueue {
  readonly port: number;
  /** Memory of the datagrams that wait. */
  readonly waitingOctets: number;
  /** Datagrams dropped because the queue was full. */
  readonly drops: number;
}

/** Reads the queues of this machine's IPv4 sockets bound to the ports. */
export function readQueues(ports: readonly number[]): UdpQueue[] {
  return parseUdpQueues(Deno.readTextFileSync("/proc/net/udp"))
    .filter(({ port }) => ports.includes(port));
}

/** Parses the table of proc_net_udp(5). */
export function parseUdpQueues(text: string): UdpQueue[] {
  return text.trimEnd().split("\n").slice(1).map((line) => {
    const [, local = "", , , queues = "", ...rest] = line.trim().split(/\s+/);
    return {
      port: parseInt(local.split(":")[1] ?? "", 16),
      waitingOctets: parseInt(queues.split(":")[1] ?? "", 16),
      drops: Number(rest.at(-1)),
    };
  });
}
