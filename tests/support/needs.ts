/** Tests that need more than the network. */
import { readVariable, slowness } from "./limit.ts";
import { run } from "./process.ts";

/** The needs of a test beyond the network. */
export interface Needs {
  /** Programs that must be there and may be run, such as `python3`. */
  readonly commands?: readonly string[];
  /** Modules that `python3` must have. */
  readonly pythonModules?: readonly string[];
  /** Files that must be there and may be read. */
  readonly files?: readonly string[];
  /** Further permissions, such as `{ name: "ffi" }`. */
  readonly permissions?: readonly Deno.PermissionDescriptor[];
  /** Whether the effective user must be root. */
  readonly root?: boolean;
  /** Whether `::1` must be there. */
  readonly ipv6?: boolean;
  /** The least number of processor cores. */
  readonly cores?: number;
  /** Whether the system must be Linux. */
  readonly linux?: boolean;
  /** Why an emulated processor is too slow for it: the test is ignored there. */
  readonly tooSlow?: string;
  /** Something else, which the caller has found missing. */
  readonly missing?: string | undefined;
}

/**
 * Defines a test that runs where all its needs are there. Elsewhere it is ignored, with the reason in its
 * name; where `TIMESRV_REQUIRE_PEERS` is set it fails instead, so that continuous integration skips
 * nothing unnoticed.
 *
 * The caller registers it, so that Deno reports the caller's file and line.
 *
 * @example
 * ```ts
 * import { where } from "./needs.ts";
 *
 * Deno.test(await where({ commands: ["python3"] }, "python3 is there", () => {}));
 * ```
 */
export async function where(
  needs: Needs,
  name: string,
  fn: (t: Deno.TestContext) => void | Promise<void>,
): Promise<Deno.TestDefinition> {
  const { tooSlow } = needs;
  if (tooSlow !== undefined && slowness > 1) {
    return { name: `${name} (ignored: ${tooSlow})`, fn, ignore: true };
  }
  const missing = await firstMissing(needs);
  if (missing === undefined) return { name, fn };
  if (await readVariable("TIMESRV_REQUIRE_PEERS") !== undefined) {
    return {
      name,
      fn(): void {
        throw new Error(`This test is required to run, but there is no ${missing}`);
      },
    };
  }
  return { name: `${name} (ignored: no ${missing})`, fn, ignore: true };
}

/**
 * Whether what a whole group of tests needs is there. If not, a single test stands for them: ignored
 * with the reason in its name, or failing where `TIMESRV_REQUIRE_PEERS` is set.
 */
export async function isAvailable(needs: Needs, tests: string): Promise<boolean> {
  if (await firstMissing(needs) === undefined) return true;
  Deno.test(await where(needs, tests, () => {}));
  return false;
}

/** Finds the first need of a test that is missing. */
export async function firstMissing(needs: Needs): Promise<string | undefined> {
  const permissions = [
    ...(needs.permissions ?? []),
    ...(needs.commands?.length || needs.pythonModules?.length ? [{ name: "run" } as const] : []),
    ...(needs.files?.length ? [{ name: "read" } as const] : []),
    ...(needs.root ? [{ name: "sys", kind: "uid" } as const] : []),
  ];
  for (const permission of permissions) {
    if (!await isGranted(permission)) return `permission to ${permission.name}`;
  }
  for (const command of needs.commands ?? []) {
    if (!await exists(command)) return command;
  }
  for (const module of needs.pythonModules ?? []) {
    const found = await run(["python3", "-c", `import ${module}`]).catch(() => undefined);
    if (found?.code !== 0) return `Python module ${module}`;
  }
  for (const file of needs.files ?? []) {
    const info = await Deno.stat(file).catch(() => undefined);
    if (info === undefined) return file;
  }
  if (needs.linux && Deno.build.os !== "linux") return "Linux";
  if (needs.root && Deno.uid() !== 0) return "root";
  if (needs.ipv6 && !hasIpv6()) return "IPv6";
  if (navigator.hardwareConcurrency < (needs.cores ?? 1)) return "second core";
  return needs.missing;
}

function hasIpv6(): boolean {
  try {
    Deno.listenDatagram({ transport: "udp", hostname: "::1", port: 0 }).close();
    return true;
  } catch {
    return false;
  }
}

/** Whether a permission is granted. */
export async function isGranted(permission: Deno.PermissionDescriptor): Promise<boolean> {
  return (await Deno.permissions.query(permission)).state === "granted";
}

async function exists(command: string): Promise<boolean> {
  const path = await readVariable("PATH") ?? "/usr/bin:/bin";
  const places = command.includes("/")
    ? [command]
    : path.split(":").map((dir) => `${dir}/${command}`);
  const found = await Promise.all(places.map((place) => Deno.stat(place).catch(() => undefined)));
  return found.some((info) => info?.isFile);
}
