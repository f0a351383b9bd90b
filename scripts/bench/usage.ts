/**
 * What a process takes of the machine, as Linux tells.
 *
 * @module
 */

/** What a process has. */
export interface Usage {
  /** Memory that is resident. */
  readonly residentKib: number;
  /** The most that ever was. */
  readonly peakKib: number;
  readonly threads: number;
  /** Open files, sockets and the like. */
  readonly descriptors: number;
}

/**
 * Looks at a process.
 *
 * @param pid a process of the same user
 * @returns what it has now
 * @throws {Deno.errors.NotFound} when there is no such process
 */
export function usageOf(pid: number): Usage {
  const status = Deno.readTextFileSync(`/proc/${pid}/status`);
  const number = (key: string): number =>
    Number(new RegExp(`^${key}:\\s*(\\d+)`, "m").exec(status)?.[1] ?? NaN);
  return {
    residentKib: number("VmRSS"),
    peakKib: number("VmHWM"),
    threads: number("Threads"),
    descriptors: [...Deno.readDirSync(`/proc/${pid}/fd`)].length,
  };
}
