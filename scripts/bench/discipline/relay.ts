/**
 * Relays NTP, with a random delay on each way, counted from the arrival at its socket, so that a busy machine makes
 * neither way longer than the other one:
 * `deno run -A scripts/bench/discipline/relay.ts PORT HOST TARGET LEAST_MS MEAN_MS`. It listens on 127.0.0.1 and HOST,
 * since to a client such as chronyd two ports of one address are the same server.
 */
import { openReceiveStamps } from "../../../src/transports/receive_stamps.ts";

const [port = 0, target = 0, leastMs = 0, meanMs = 0] = [0, 2, 3, 4].map((i) =>
  Number(Deno.args[i])
);

/** Timers are late by more than a millisecond: the rest is waited for busily. */
const BUSY_MS = 3;

const TRANSMIT = 40;
const ORIGIN = 24;

const back = Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.1", port: 0 });
const waiting = new Map<string, { readonly front: Deno.DatagramConn; readonly to: Deno.Addr }>();

/** Makes a function that returns when the last datagram arrived, on the scale of `performance.now()`. */
function arrivalsOf({ addr }: Deno.DatagramConn): () => number {
  const readStamp = openReceiveStamps(addr as Deno.NetAddr);
  return () => {
    const stamp = readStamp?.();
    const now = Temporal.Now.instant().epochNanoseconds;
    const ageMs = stamp === undefined ? 0 : Number(now - stamp) / 1e6;
    return performance.now() - Math.max(ageMs, 0);
  };
}

function delay(arrivedMs: number, octets: Uint8Array, send: (octets: Uint8Array) => void): void {
  const at = arrivedMs + leastMs - meanMs * Math.log(1 - Math.random());
  const copy = octets.slice();
  setTimeout(() => {
    while (performance.now() < at);
    send(copy);
  }, Math.max(at - performance.now() - BUSY_MS, 0));
}

/** The timestamp by which a reply belongs to its request (RFC 5905 §8). */
function timestampAt(octets: Uint8Array, offset: number): string {
  return octets.subarray(offset, offset + 8).join();
}

async function relayRequests(hostname: string): Promise<void> {
  const front = Deno.listenDatagram({ transport: "udp", hostname, port });
  const arrival = arrivalsOf(front);
  for await (const [octets, to] of front) {
    waiting.set(timestampAt(octets, TRANSMIT), { front, to });
    delay(
      arrival(),
      octets,
      (copy) => void back.send(copy, { transport: "udp", hostname: "127.0.0.1", port: target }),
    );
  }
}

async function relayReplies(): Promise<void> {
  const arrival = arrivalsOf(back);
  for await (const [octets] of back) {
    const key = timestampAt(octets, ORIGIN);
    const found = waiting.get(key);
    waiting.delete(key);
    if (found !== undefined) {
      delay(arrival(), octets, (copy) => void found.front.send(copy, found.to));
    }
  }
}

await Promise.all([relayReplies(), ...["127.0.0.1", Deno.args[1] ?? ""].map(relayRequests)]);
