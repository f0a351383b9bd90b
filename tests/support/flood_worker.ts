/** A thread that floods its client until it is stopped, itself or from another port. */
import { ntpReply } from "./scripted_server.ts";

/** The setup of the thread. */
export interface FloodJob {
  /** Whether the queried port floods, or another one. */
  readonly from: "server" | "another port";
  /** The good reply that is hidden in the flood. */
  readonly good: "asctime" | "ntp" | "nothing";
  /** Not zero once it is to stop. */
  readonly stop: SharedArrayBuffer;
}

/** The thread's messages: first its port, then the number of datagrams that it sent. */
export interface FloodReport {
  readonly port?: number;
  readonly sent?: number;
}

const thread = globalThis as unknown as {
  onmessage: (event: MessageEvent<FloodJob>) => void;
  postMessage(report: FloodReport): void;
};

/** One in this many datagrams is good; some of them are lost where queues are full. */
const GOOD_EVERY = 20;

thread.onmessage = async ({ data: { from, good, stop } }) => {
  const options = { transport: "udp", hostname: "127.0.0.1", port: 0 } as const;
  const [server, otherPort] = [Deno.listenDatagram(options), Deno.listenDatagram(options)];
  thread.postMessage({ port: (server.addr as Deno.NetAddr).port });
  const [request, client] = await server.receive();
  const noise = [0, 4, 48, 1400, 60_000].map((length) => new Uint8Array(length).fill(0xff));
  const flooder = from === "server" ? server : otherPort;
  const stopped = new Int32Array(stop);
  let sent = 0;
  for (; Atomics.load(stopped, 0) === 0; sent++) {
    const isGood = good !== "nothing" && sent % GOOD_EVERY === GOOD_EVERY - 1;
    const socket = isGood ? server : flooder;
    const octets = !isGood
      ? noise[sent % noise.length] as Uint8Array
      : good === "ntp"
      ? ntpReply(request)
      : new TextEncoder().encode("Fri Apr  3 21:09:36 2020");
    // The kernel may refuse some; there are enough.
    await socket.send(octets, client).catch(() => {});
  }
  server.close();
  otherPort.close();
  thread.postMessage({ sent });
};
