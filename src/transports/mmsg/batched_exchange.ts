/** The datagrams of a batch as exchanges; nothing is allocated for each. */
import { AF_INET, type Libc, zeroed } from "../../system/libc.ts";
import { type Batch, NAME_STRIDE } from "../../system/batch.ts";
import { hostnameOf, SOCKADDR_IN, SOCKADDR_IN6 } from "../../system/socket_address.ts";
import { type IpWords, setIpv4 } from "../../text/ip_words.ts";
import type { UnixTime } from "../../clock/clock.ts";
import { type ClockStatus, UNKNOWN_STATUS } from "../../clock/status.ts";
import { getUint32 } from "../../protocols/octets.ts";
import type { Exchange, Source } from "../exchange.ts";

export class BatchedExchange implements Exchange {
  request: Uint8Array<ArrayBuffer>;
  reply: Uint8Array<ArrayBuffer> = zeroed(0);
  readonly arrival: UnixTime = { seconds: 0, nanoseconds: 0 };
  status: ClockStatus = UNKNOWN_STATUS;
  isUnfinished = false;
  isText = false;
  isKod = false;
  readonly source: BatchedSource;
  readonly #buffer: Uint8Array<ArrayBuffer>;

  constructor(libc: Libc, requests: Batch, i: number) {
    this.request = this.#buffer = placeOf(requests, i);
    const name = requests.names.subarray(i * NAME_STRIDE, (i + 1) * NAME_STRIDE);
    this.source = new BatchedSource(libc, name);
  }

  /** Begins the exchange of the datagram received into this place. */
  begin(length: number, reply: Uint8Array<ArrayBuffer>): void {
    // Requests are mostly of one length, and each new view is garbage.
    if (this.request.length !== length) this.request = this.#buffer.subarray(0, length);
    this.reply = reply;
    this.source.readPort();
  }
}

/** A sender, whose address becomes text only when it is read. */
class BatchedSource implements Source {
  readonly transport = "udp";
  port = 0;
  readonly #libc: Libc;
  readonly #name: Uint8Array<ArrayBuffer>;

  constructor(libc: Libc, name: Uint8Array<ArrayBuffer>) {
    this.#libc = libc;
    this.#name = name;
  }

  get hostname(): string {
    return hostnameOf(this.#libc, this.#name);
  }

  readAddress(words: IpWords): void {
    const name = this.#name;
    if ((name[SOCKADDR_IN.family] as number) === AF_INET) {
      setIpv4(words, getUint32(name, SOCKADDR_IN.address));
    } else {
      for (let i = 0; i < 4; i++) words[i] = getUint32(name, SOCKADDR_IN6.address + 4 * i);
    }
  }

  readPort(): void {
    const name = this.#name;
    this.port = (name[SOCKADDR_IN.port] as number) << 8 | (name[SOCKADDR_IN.port + 1] as number);
  }
}

export function placeOf({ payload, stride }: Batch, i: number): Uint8Array<ArrayBuffer> {
  return payload.subarray(i * stride, (i + 1) * stride);
}
