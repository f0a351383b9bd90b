/** The resources of a process, from Linux. */
/** The resources of a process. */
export interface Usage {
  readonly residentKib: number;
  /** The peak of the resident memory. */
  readonly peakKib: number;
  readonly threads: number;
  /** Open files, sockets and the like. */
  readonly descriptors: number;
}

/**
 * Reads the resources of a process of the same user.
 *
 * @throws {Deno.errors.NotFound} If there is no such process
 */
export function readUsage(pid: number): Usage {
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
