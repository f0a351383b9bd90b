/** The machine that was measured on. */
import { outputIfAny } from "./commands.ts";

/** The machine, its software, and the time. */
export interface Machine {
  readonly date: string;
  readonly cpu: string;
  readonly cores: number;
  readonly kernel: string;
  readonly deno: string;
  readonly python: string | undefined;
  readonly chronyd: string | undefined;
  /** Whether servers and load generator had a core each. */
  readonly isPinned: boolean;
}

export async function describeMachine(chronydProgram: string | undefined): Promise<Machine> {
  const cpuInfo = await Deno.readTextFile("/proc/cpuinfo");
  const cores = navigator.hardwareConcurrency;
  const chronydVersion = chronydProgram && await outputIfAny(chronydProgram, "--version");
  return {
    date: new Date().toISOString(),
    cpu: /^model name\s*:\s*(.+)$/m.exec(cpuInfo)?.[1] ?? Deno.build.arch,
    cores,
    kernel: `Linux ${Deno.osRelease()}`,
    deno: Deno.version.deno,
    python: (await outputIfAny("python3", "--version"))?.replace("Python ", ""),
    chronyd: chronydVersion?.replace(/^.*version (\S+).*$/s, "$1"),
    isPinned: cores > 1 && await outputIfAny("taskset", "-c", "0,1", "true") !== undefined,
  };
}

export function formatMachine(machine: Machine): string {
  const parts = [machine.cpu, `${machine.cores} cores`, machine.kernel, `Deno ${machine.deno}`];
  if (machine.python !== undefined) parts.push(`Python ${machine.python}`);
  if (machine.chronyd !== undefined) parts.push(`chronyd ${machine.chronyd}`);
  parts.push(machine.isPinned ? "servers on core 0, load on core 1" : "servers and load anywhere");
  return `${machine.date}  ${parts.join(", ")}`;
}
