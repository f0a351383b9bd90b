/** NTP offsets, from the kernel's timestamps of the replies. */
import type { UnixTime } from "../clock/clock.ts";
import { RealtimeClock, secondsOf } from "../clock/realtime_clock.ts";
import {
  type Batch,
  CMSGHDR,
  CONTROL_LENGTH_WORD,
  CONTROL_STRIDE,
  WORDS_PER_HEADER,
} from "../system/batch.ts";
import { type Libc, SO_TIMESTAMPNS, SOL_SOCKET } from "../system/libc.ts";
import { type Dialect, EPOCH_SECONDS } from "./dialects.ts";
import { Histogram } from "./histogram.ts";

const DATA_WORD = CMSGHDR.size / 4;

/** The offsets of one run. Times are nanoseconds since its first second, which a double holds exactly. */
export class Offsets {
  readonly magnitudes = new Histogram();
  readonly #replies: Batch;
  readonly #view: DataView<ArrayBuffer>;
  readonly #control: Int32Array<ArrayBuffer>;
  readonly #at: NonNullable<Dialect["timestamps"]>;
  readonly #clock: RealtimeClock;
  readonly #time: UnixTime = { seconds: 0, nanoseconds: 0 };
  readonly #firstSecond: number;

  constructor(libc: Libc, replies: Batch, at: NonNullable<Dialect["timestamps"]>) {
    this.#replies = replies;
    this.#view = new DataView(replies.payload.buffer);
    this.#control = new Int32Array(replies.control.buffer);
    this.#at = at;
    this.#clock = new RealtimeClock(libc);
    this.#clock.read(this.#time);
    this.#firstSecond = this.#time.seconds;
  }

  /** The departure time of a request sent now. */
  nowNs(): number {
    this.#clock.read(this.#time);
    return (this.#time.seconds - this.#firstSecond) * 1e9 + this.#time.nanoseconds;
  }

  /** Records the offset of reply `i`, whose request left at `departureNs` (RFC 5905 §8). */
  record(i: number, departureNs: number): void {
    const transitNs = this.transitNs(i);
    if (transitNs === undefined) return;
    const there = this.#timestampNs(i * this.#replies.stride + this.#at.receive) - departureNs;
    this.magnitudes.record(Math.abs((there - transitNs) / 2));
  }

  /** The time from the transmit timestamp of reply `i` to the kernel's timestamp of its arrival, if there is one. */
  transitNs(i: number): number | undefined {
    const arrivalNs = this.#arrivalNs(i);
    if (arrivalNs === undefined) return undefined;
    return arrivalNs - this.#timestampNs(i * this.#replies.stride + this.#at.transmit);
  }

  /** Resets the control message lengths of the first `count` replies. */
  reset(count: number): void {
    const { words } = this.#replies;
    for (let i = 0; i < count; i++) {
      words[i * WORDS_PER_HEADER + CONTROL_LENGTH_WORD] = CONTROL_STRIDE;
    }
  }

  #arrivalNs(i: number): number | undefined {
    const control = this.#control;
    const at = i * CONTROL_STRIDE / 4;
    const length = this.#replies.words[i * WORDS_PER_HEADER + CONTROL_LENGTH_WORD] as number;
    const isStamp = length >= CMSGHDR.size && control[at + CMSGHDR.level / 4] === SOL_SOCKET &&
      control[at + CMSGHDR.type / 4] === SO_TIMESTAMPNS;
    if (!isStamp) return undefined;
    const seconds = secondsOf(control, at + DATA_WORD) - this.#firstSecond;
    return seconds * 1e9 + (control[at + DATA_WORD + 2] ?? 0);
  }

  #timestampNs(at: number): number {
    const seconds = this.#view.getUint32(at) - (this.#firstSecond + EPOCH_SECONDS) | 0;
    return (seconds + this.#view.getUint32(at + 4) / 2 ** 32) * 1e9;
  }
}
