/** How a server learns what its clock is worth, and what it tells its clients of it. */
import { type Clock, measurePrecision } from "../clock.ts";
import { systemClock } from "../system_clock.ts";
import { type ClockStatus, UNKNOWN_CLOCK, UNSYNCHRONIZED } from "../status.ts";
import { type KernelStatusReader, openKernelStatus } from "./kernel_status.ts";
import { parseReferenceId } from "../../text/reference_id.ts";
import { checkStatus, type StatusOptions } from "./options.ts";

/** How often the facts are gathered anew. */
const POLL_MS = 4000;

/**
 * A clock vouched for was last right at the last multiple of this. Clients
 * suspect one that was set this very moment, and drop one not set for days.
 */
const REFERENCE_STEP_SECONDS = 1024;

const leapNumbers = { none: 0, insert: 1, delete: 2 } as const;

/** What differs by where it comes from. */
type Facts = Pick<ClockStatus, "leap" | "rootDispersionSeconds" | "referenceSeconds">;

/** What is known of a clock that is served. */
export interface ClockFacts {
  /** The clock that it is made from; itself without it. */
  readonly base?: Clock;
  /** How finely it is read, as a power of two of seconds; measured without it. */
  readonly precision?: number;
  /**
   * Whether it was made to lie.
   *
   * @default {false}
   */
  readonly isLying?: boolean;
  /** Publishes what was gathered anew; nobody hears of it without it. */
  readonly publish?: () => void;
}

/** What is told of a clock, kept up to date until it is disposed of. */
export class StatusKeeper implements Disposable {
  /** The facts as they stand now. */
  current: ClockStatus;
  /** What an administrator should know about where they come from. */
  readonly warning: string | undefined;
  #options: StatusOptions;
  readonly #clock: Clock;
  readonly #isOfSystem: boolean;
  #referenceId: number = UNKNOWN_CLOCK.referenceId;
  readonly #precision: number;
  readonly #startSeconds: number;
  #kernel: KernelStatusReader | string | undefined;
  readonly #timer: ReturnType<typeof setInterval>;
  #isLying: boolean;

  /**
   * @param clock The clock served
   * @param options What is said of it
   * @param about What is known of it
   * @throws {RangeError} If a number is out of range
   * @throws {SyntaxError} If the reference id is none
   */
  constructor(clock: Clock, options: StatusOptions, about: ClockFacts = {}) {
    const { base = clock, precision = measurePrecision(clock), isLying = false, publish } = about;
    this.#options = this.#take(options);
    this.#clock = clock;
    this.#isOfSystem = base === systemClock;
    this.#precision = precision;
    this.#isLying = isLying;
    this.#startSeconds = this.#nowSeconds();
    const kernel = options.source === "kernel" && !options.unsynchronized && this.#openKernel();
    if (typeof kernel === "string") {
      this.warning = `The kernel's clock status cannot be read (${kernel}): ` +
        "the clock is served as not synchronised";
    }
    this.current = this.#read();
    this.#timer = setInterval(() => {
      this.current = this.#read();
      publish?.();
    }, POLL_MS);
    Deno.unrefTimer(this.#timer as unknown as number);
  }

  /**
   * Says something else of it from now on, or the same of another time.
   *
   * @param options What is said of it
   * @param isLying Whether it was made to lie: that is meant, and no word of the kernel's
   * @throws {RangeError} If a number is out of range; nothing has changed then
   * @throws {SyntaxError} If the reference id is none; nothing has changed then
   */
  set(options: StatusOptions, isLying: boolean): void {
    this.#options = this.#take(options);
    this.#isLying = isLying;
    this.current = this.#read();
  }

  #take(options: StatusOptions): StatusOptions {
    checkStatus(options);
    const { referenceId } = options;
    this.#referenceId = referenceId === undefined
      ? UNKNOWN_CLOCK.referenceId
      : parseReferenceId(referenceId);
    return options;
  }

  /** The way to the kernel's word, kept for as long as this is; in words why there is none. */
  #openKernel(): KernelStatusReader | string {
    // It is about the system's clock alone.
    if (!this.#isOfSystem || this.#isLying) return "it is not the clock served";
    return this.#kernel ??= openKernelStatus();
  }

  #nowSeconds(): number {
    const time = { seconds: 0, nanoseconds: 0 };
    this.#clock.read(time);
    return time.seconds;
  }

  #read(): ClockStatus {
    const { unsynchronized, leap, ...given } = this.#options;
    const facts = this.#kernelsWord() ?? this.#guess();
    const isUnsynchronized = unsynchronized || facts.leap === UNSYNCHRONIZED;
    return {
      leap: isUnsynchronized ? UNSYNCHRONIZED : leap === undefined ? facts.leap : leapNumbers[leap],
      stratum: given.stratum ?? UNKNOWN_CLOCK.stratum,
      referenceId: this.#referenceId,
      rootDelaySeconds: given.rootDelay ?? UNKNOWN_CLOCK.rootDelaySeconds,
      rootDispersionSeconds: given.rootDispersion ??
        facts.rootDispersionSeconds + 2 ** this.#precision,
      referenceSeconds: facts.referenceSeconds,
      precision: this.#precision,
    };
  }

  #kernelsWord(): Facts | undefined {
    const { source, unsynchronized } = this.#options;
    // Where the kernel is overruled, it is not even asked.
    const way = source === "fixed" || unsynchronized ? undefined : this.#openKernel();
    const kernel = typeof way === "string" ? undefined : way?.read();
    if (source === "kernel") {
      return {
        leap: kernel?.leap ?? UNSYNCHRONIZED,
        rootDispersionSeconds: kernel?.maxErrorSeconds ?? UNKNOWN_CLOCK.rootDispersionSeconds,
        referenceSeconds: this.#nowSeconds(),
      };
    }
    if (kernel === undefined || kernel.leap === UNSYNCHRONIZED) return undefined;
    const { leap, maxErrorSeconds } = kernel;
    return {
      leap,
      rootDispersionSeconds: maxErrorSeconds,
      referenceSeconds: this.#nowSeconds(),
    };
  }

  /** Who says what the clock is worth vouches for it; otherwise it is right at the start alone. */
  #guess(): Facts {
    const { source, stratum, referenceId, rootDelay, rootDispersion } = this.#options;
    const isVouchedFor = this.#isLying || source === "fixed" ||
      [stratum, referenceId, rootDelay, rootDispersion].some((fact) => fact !== undefined);
    const nowSeconds = this.#nowSeconds();
    const referenceSeconds = isVouchedFor
      ? Math.floor(nowSeconds / REFERENCE_STEP_SECONDS) * REFERENCE_STEP_SECONDS
      : this.#startSeconds;
    return { ...UNKNOWN_CLOCK, referenceSeconds };
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    if (typeof this.#kernel === "object") this.#kernel[Symbol.dispose]();
  }
}
