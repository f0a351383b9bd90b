/** What the kernel knows of the receive queues of UDP sockets. */

/** The queue of one socket. */
export interface UdpQueue {
  readonly port: number;
  /** Memory of datagrams that nobody has taken yet. */
  readonly waitingOctets: number;
  /** Datagrams for which there was no room. */
  readonly drops: number;
}

/** The queues of this machine's IPv4 sockets that are bound to one of some ports. */
export function queuesOf(ports: readonly number[]): UdpQueue[] {
  return parseUdpQueues(Deno.readTextFileSync("/proc/net/udp"))
    .filter(({ port }) => ports.includes(port));
}

/** Reads what proc_net_udp(5) describes. */
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
