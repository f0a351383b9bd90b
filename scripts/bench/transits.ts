/**
 * Queries NTP servers on this machine in turn, and prints the times from the transmit timestamp of each reply to the
 * kernel's timestamp of its arrival in nanoseconds, one list per server, as JSON:
 * `deno run -A scripts/bench/transits.ts EXCHANGES BURST PORT…`.
 */
import { ntpDialect } from "../../src/load/dialects.ts";
import { Flow } from "../../src/load/flow.ts";
import { Offsets } from "../../src/load/receiver.ts";
import { MAX_BURST, type Requests, separateRequests } from "../../src/load/requests.ts";
import { layOutBatch } from "../../src/system/batch.ts";
import { type Libc, openLibc } from "../../src/system/libc.ts";
import { exitCodeOf, writeLine } from "./options.ts";

/** Exchanges with each server before it is the next one's turn. */
const TURN = 256;

/** The share of the exchanges beforehand, to compile the code. */
const WARMUP = 0.1;

/** The wait for the replies of a burst; what has not come by then is lost. */
const TIMEOUT_MS = 1000;

const REPLY_OCTETS = 128;

/** One server and its socket. */
class Server {
  readonly transitsNs: number[] = [];
  readonly #flow: Flow;
  readonly #requests: Requests;
  readonly #replies = layOutBatch(MAX_BURST, REPLY_OCTETS, { control: true });
  readonly #offsets: Offsets;
  readonly #transmitAt: number;
  #sent = 0;

  constructor(libc: Libc, port: number) {
    const { request, timestamps, identity } = ntpDialect();
    if (timestamps === undefined || identity === undefined) throw new Error("NTP has timestamps");
    const share = MAX_BURST;
    this.#flow = new Flow(libc, {
      hostname: "127.0.0.1",
      port,
      share,
      capacity: 64,
      isStamped: true,
    });
    this.#requests = separateRequests(libc, request);
    this.#offsets = new Offsets(libc, this.#replies, timestamps);
    this.#transmitAt = identity.inRequest;
  }

  /** Sends a burst of requests, and waits for the replies. */
  exchange(burst: number): void {
    const { payload, stride } = this.#requests;
    for (let i = 0; i < burst; i++) {
      payload.setUint32(i * stride + this.#transmitAt + 4, ++this.#sent);
    }
    const sent = this.#flow.send(this.#requests, burst);
    const end = performance.now() + TIMEOUT_MS;
    for (let received = 0; received < sent && performance.now() < end;) {
      const count = this.#flow.receive(this.#replies, MAX_BURST);
      for (let i = 0; i < count; i++) {
        const transitNs = this.#offsets.transitNs(i);
        if (transitNs !== undefined) this.transitsNs.push(Math.round(transitNs));
      }
      this.#offsets.reset(count);
      received += count;
    }
  }
}

async function main([exchanges, burst, ...ports]: readonly string[]): Promise<number> {
  const libc = openLibc();
  const servers = ports.map((port) => new Server(libc, Number(port)));
  const all = Math.ceil(Number(exchanges) * (1 + WARMUP));
  for (let done = 0; done < all; done += TURN) {
    for (const server of servers) {
      for (let i = 0; i < TURN; i += Number(burst)) server.exchange(Number(burst));
    }
  }
  const measured = servers.map(({ transitsNs }) => transitsNs.slice(-Number(exchanges)));
  await writeLine(Deno.stdout, JSON.stringify(measured));
  return 0;
}

if (import.meta.main) Deno.exit(await exitCodeOf(() => main(Deno.args)));
