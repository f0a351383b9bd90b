/// <reference lib="deno.worker" />
/**
 * A worker that serves NTP with a fault, as the generator blocks its own thread. It receives the fault
 * and sends its port, then the number of requests at each of them.
 */

export type Fault = keyof typeof faults;

/** Changes a good reply and sends it, or does not. */
type Answer = (reply: DataView<ArrayBuffer>, send: (reply: Uint8Array) => void) => unknown;

/** The offset of the fault `ahead`. */
export const AHEAD_SECONDS = 0.25;

/** The delay of the fault `late`. */
export const LATE_MS = 400;

const octetsOf = (reply: DataView<ArrayBuffer>): Uint8Array => new Uint8Array(reply.buffer);

const changed = (change: (reply: DataView<ArrayBuffer>) => void): Answer => (reply, send) => {
  change(reply);
  send(octetsOf(reply));
};

const faults = {
  none: changed(() => {}),
  silent: () => {},
  late: (reply, send) => void setTimeout(() => send(octetsOf(reply)), LATE_MS),
  // The second request of a flow, its fourth, and so on, by the numbers in them.
  "every other": (reply, send) => reply.getUint32(28) % 2 === 0 && send(octetsOf(reply)),
  duplicate(reply, send): void {
    send(octetsOf(reply));
    send(octetsOf(reply));
  },
  short: (reply, send) => send(octetsOf(reply).subarray(0, 47)),
  "cut off": (reply, send) => send(octetsOf(reply).subarray(0, 20)),
  long: (reply, send) => send(new Uint8Array([...octetsOf(reply), 0])),
  "wrong origin": changed((reply) => reply.setUint32(24, ~reply.getUint32(24))),
  "not sent yet": changed((reply) => reply.setUint32(28, 1e9)),
  "wrong mode": changed((reply) => reply.setUint8(0, 0x23)),
  unsynchronised: changed((reply) => reply.setUint8(0, 0xe4)),
  "kiss-o'-death": changed((reply) => reply.setUint8(1, 0)),
  "zero receive time": changed((reply) => reply.setBigUint64(32, 0n)),
  "zero transmit time": changed((reply) => reply.setBigUint64(40, 0n)),
  ahead: changed((reply) => {
    for (const field of [32, 40]) {
      const units = BigInt(AHEAD_SECONDS * 2 ** 32);
      reply.setBigUint64(field, reply.getBigUint64(field) + units);
    }
  }),
} satisfies Record<string, Answer>;

function ntpNow(): bigint {
  const ns = Temporal.Now.instant().epochNanoseconds + 2_208_988_800_000_000_000n;
  return (ns << 32n) / 1_000_000_000n;
}

async function serve(fault: Fault): Promise<void> {
  const socket = Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.1", port: 0 });
  self.postMessage((socket.addr as Deno.NetAddr).port);
  let requests = 0;
  for await (const [request, client] of socket) {
    self.postMessage(++requests);
    const reply = new DataView(new ArrayBuffer(48));
    reply.setUint8(0, 0x24);
    reply.setUint8(1, 3);
    octetsOf(reply).set(request.subarray(40, 48), 24);
    reply.setBigUint64(32, ntpNow());
    reply.setBigUint64(40, ntpNow());
    const answer: Answer = faults[fault];
    answer(reply, (octets) => void socket.send(octets, client).catch(() => {}));
  }
}

if (typeof WorkerGlobalScope !== "undefined" && self instanceof WorkerGlobalScope) {
  self.onmessage = ({ data }: MessageEvent<Fault>) => void serve(data);
}
