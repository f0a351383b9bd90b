/** Runs the programs in this process: their output is kept, and their signals are a test's own. */
import { runToExitCode } from "../../src/cli/shared/errors.ts";
import { runProgram } from "../../src/cli/shared/program.ts";
import type { Program } from "../../src/cli/shared/command.ts";
import { timecli } from "../../src/cli/timecli/timecli.ts";
import { timesrv } from "../../src/cli/timesrv/timesrv.ts";
import { systemNetwork } from "../../src/client/network.ts";
import { FakeNetwork } from "./fake_network.ts";
import type { Outcome } from "./process.ts";
import { replace } from "./replacing.ts";
import { within } from "./wait.ts";

// Simulated time would pass while the program waits for one of its modules to be loaded.
await Promise.all([
  ...timecli.subcommands.map(({ load }) => load()),
  import("../../src/cli/timecli/samples.ts"),
  import("../../src/cli/timecli/query/json.ts"),
  import("../../src/cli/timecli/query/time_format.ts"),
  import("../../src/cli/shared/completions.ts"),
  import("../../src/cli/shared/help.ts"),
]);

/** The environment of a program. */
export interface Surroundings {
  /** The columns of the terminal that standard output and standard error are; none without it. */
  readonly columns?: number;
  /** Whether standard output accepts nothing, as a pipe that nobody reads from. */
  readonly isBlocked?: boolean;
  /** The environment: a UTF-8 locale alone, by default. */
  readonly env?: Readonly<Record<string, string>>;
  /** Called with each text that is written to standard output; it may throw. */
  readonly onOutput?: (text: string) => void;
  /** Called once the program listens to signals, with a function that sends it one. */
  readonly onListening?: (send: (signal: Deno.Signal) => void) => void;
}

/** Options of {@linkcode runTimecli}. */
export interface TimecliOptions extends Surroundings {
  /** The simulated network; one without servers by default. */
  readonly network?: FakeNetwork;
  /** Milliseconds of simulated time until the program gets SIGINT. */
  readonly interruptAfterMs?: number;
}

/** Runs `timecli` to its end, on a simulated network under fake time. */
export async function runTimecli(
  args: readonly string[],
  { network = new FakeNetwork(), interruptAfterMs, ...surroundings }: TimecliOptions = {},
): Promise<Outcome> {
  const { timers } = network;
  const real = { precision: undefined, ...systemNetwork };
  Object.assign(systemNetwork, {
    timers,
    precision: network.precision,
    resolve: network.resolve.bind(network),
    connect: network.connect.bind(network),
    isClosed: network.isClosed.bind(network),
  });
  const onListening = (send: (signal: Deno.Signal) => void): void => {
    if (interruptAfterMs !== undefined) {
      void timers.sleep(interruptAfterMs).then(() => send("SIGINT"));
    }
  };
  try {
    const running = runMain("timecli", timecli, args, { onListening, ...surroundings });
    return await within(20, timers.run(running), () => `: timecli ${args.join(" ")}`);
  } finally {
    Object.assign(systemNetwork, real);
  }
}

/** Runs a program to its end, on this machine's network. */
export async function runMain(
  name: "timesrv" | "timecli",
  program: Program,
  args: readonly string[],
  { columns, isBlocked = false, env = { LANG: "C.UTF-8" }, onOutput, onListening }: Surroundings =
    {},
): Promise<Outcome> {
  const outcome = { code: 0, stdout: "", stderr: "" };
  const listeners: [Deno.Signal, () => void][] = [];
  const send = (signal: Deno.Signal): void => {
    for (const [name, listener] of [...listeners]) if (name === signal) listener();
  };
  const writer = (stream: "stdout" | "stderr") => (data: Uint8Array): number => {
    const text = new TextDecoder().decode(data);
    if (stream === "stdout") onOutput?.(text);
    outcome[stream] += text;
    return data.length;
  };
  const isTerminal = (): boolean => columns !== undefined;
  const { permissions } = Deno;
  const query = permissions.querySync.bind(permissions);
  const querySync = (permission: Deno.PermissionDescriptor): { readonly state: string } =>
    permission.name === "env" ? { state: "granted" } : query(permission);
  using _replaced = replace([
    // The program gives up permissions that the tests need.
    [permissions, { querySync, revokeSync: () => ({ state: "denied" }) }],
    [Deno.env, { get: (name: string) => env[name] }],
    // Completions replace it.
    // deno-lint-ignore no-console -- as above
    [console, { log: console.log }],
    ...(["stdout", "stderr"] as const).map((stream): [object, Record<string, unknown>] => {
      const write = writer(stream);
      const later = (data: Uint8Array): Promise<number> => Promise.resolve(write(data));
      if (isBlocked && stream === "stdout") {
        const writeSync = (): never => {
          throw new Error("The program would wait for ever, and get no signal");
        };
        return [Deno.stdout, { writeSync, write: () => new Promise(() => {}), isTerminal }];
      }
      return [Deno[stream], { writeSync: write, write: later, isTerminal }];
    }),
    [Deno, {
      consoleSize: () => ({ columns, rows: 24 }),
      addSignalListener(name: Deno.Signal, listener: () => void): void {
        if (listeners.push([name, listener]) === 1) queueMicrotask(() => onListening?.(send));
      },
      removeSignalListener(name: Deno.Signal, listener: () => void): void {
        const at = listeners.findIndex(([of, each]) => of === name && each === listener);
        listeners.splice(at, at < 0 ? 0 : 1);
      },
    }],
  ]);
  outcome.code = await runToExitCode(name, () => runProgram(program, args));
  return outcome;
}

/** The ready line of `timesrv`. */
export interface Ready {
  readonly event: string;
  readonly seed: number;
  readonly listeners: readonly {
    readonly url: string;
    readonly protocol: string;
    readonly hostname: string;
    readonly port: number;
    readonly simulated: boolean;
    readonly seed?: number;
  }[];
  readonly control?: string;
}

/** Runs `timesrv` on this machine's network, and stops it when it has been used. */
export async function serveWhile(
  args: readonly string[],
  use: (ready: Ready, send: (signal: Deno.Signal) => void) => Promise<void>,
): Promise<Outcome> {
  let send = (_signal: Deno.Signal): void => {};
  const ready = Promise.withResolvers<Ready>();
  const running = runMain("timesrv", timesrv, args, {
    onOutput: (text) => ready.resolve(JSON.parse(text)),
    onListening: (sendSignal) => void (send = sendSignal),
  });
  const failed = running.then(({ stderr }): never => {
    throw new Error(`timesrv ${args.join(" ")} ended: ${stderr}`);
  });
  failed.catch(() => {});
  try {
    await use(await within(10, Promise.race([ready.promise, failed])), send);
  } finally {
    send("SIGTERM");
  }
  return await within(10, running);
}
