/** The time of this machine, with the status that the kernel or the configuration gives it. */
import { readTime } from "../clock.ts";
import { type PageContent, SYSTEM_TIME } from "../page.ts";
import { type ClockStatus, UNKNOWN_CLOCK, UNSYNCHRONIZED } from "../status.ts";
import { systemClock } from "../system_clock.ts";
import {
  type ClockFacts,
  configureStatus,
  kernelWarnings,
  unsynchronizedFacts,
  vouchedFacts,
  vouchesForClock,
} from "./configured_status.ts";
import { type KernelStatusReader, openKernelStatus } from "./kernel_status.ts";
import { readStatus, type StatusOptions, type StatusReading } from "./options.ts";
import {
  type Jumps,
  POLL_MS,
  type SourceContext,
  type StatusSource,
  type TimeSource,
} from "./source.ts";

/** Serves the base clock as it is, the system's or a caller's own. */
export class MachineSource implements TimeSource {
  onChange: () => void = () => {};
  // The jumps of the base clock are not known here.
  readonly jumps: Jumps = { step: 0, leap: 0 };
  readonly #context: SourceContext;
  #options: StatusReading;
  #status: ClockStatus;
  #statusSource: StatusSource = "guess";
  /** Opened at the first use; a text is the reason why it cannot be read. */
  #kernel: KernelStatusReader | string | undefined;
  readonly #poll: Disposable;

  constructor(context: SourceContext, options: StatusOptions) {
    this.#options = readStatus(options);
    this.#context = context;
    this.#status = this.#readStatus();
    this.#poll = context.timers.every(POLL_MS, () => this.#update());
  }

  get content(): PageContent {
    return { ...SYSTEM_TIME, status: this.#status };
  }

  get warnings(): readonly string[] {
    const problem = this.#kernel;
    return typeof problem === "string" ? kernelWarnings(this.#options, problem) : [];
  }

  get statusSource(): StatusSource {
    return this.#statusSource;
  }

  configure(options: StatusOptions): void {
    this.#options = readStatus(options);
    this.#update();
  }

  #update(): void {
    this.#status = this.#readStatus();
    this.onChange();
  }

  #readStatus(): ClockStatus {
    return configureStatus(this.#options, this.#readFacts(), this.#context.precision);
  }

  #readFacts(): ClockFacts {
    const { base, start } = this.#context;
    const now = readTime(base);
    const { source, unsynchronized } = this.#options;
    // Where the configuration overrules the kernel, it is not read.
    this.#statusSource = "kernel";
    const kernel = source === "fixed" || unsynchronized ? undefined : this.#readKernel();
    if (kernel !== undefined && (source === "kernel" || kernel.leap !== UNSYNCHRONIZED)) {
      return { ...kernel, referenceSeconds: now.seconds };
    }
    if (source === "kernel") return unsynchronizedFacts(now.seconds);
    this.#statusSource = "given";
    if (vouchesForClock(this.#options)) return vouchedFacts(now.seconds);
    if (!unsynchronized) this.#statusSource = "guess";
    return { ...UNKNOWN_CLOCK, referenceSeconds: start.seconds };
  }

  #readKernel(): Omit<ClockFacts, "referenceSeconds"> | undefined {
    // The kernel's status is that of the system's clock alone.
    this.#kernel ??= this.#context.base === systemClock
      ? openKernelStatus()
      : "it is not the clock served";
    const status = typeof this.#kernel === "string" ? undefined : this.#kernel.read();
    return status && { leap: status.leap, rootDispersionSeconds: status.maxErrorSeconds };
  }

  [Symbol.dispose](): void {
    this.#poll[Symbol.dispose]();
    if (typeof this.#kernel === "object") this.#kernel[Symbol.dispose]();
  }
}
