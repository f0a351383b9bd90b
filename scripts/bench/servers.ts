/**
 * Running servers: how one knows that they answer, and how they are stopped.
 *
 * @module
 */

import { pinned, ROOT } from "./commands.ts";
import type { Contender } from "./contenders.ts";
import { dialects } from "../../src/load/dialects.ts";
import { putLoadOn } from "./generator.ts";
import type { Surroundings } from "./section.ts";

/** A server that answers. */
export interface RunningServer extends AsyncDisposable {
  readonly contender: Contender;
  readonly port: number;
  readonly pid: number;
}

/** How long a server may take until it answers. */
const START_TIMEOUT_MS = 10_000;

/** How often it is asked meanwhile. */
const PROBE_EVERY_MS = 20;

/** How long a server may take to stop before it is killed. */
const STOP_TIMEOUT_MS = 2000;

/** How long each server is under load before it is measured, for its code to be compiled. */
const WARMUP_SECONDS = 1;

/**
 * Starts servers, and puts each under load until its code is compiled.
 *
 * @param contenders which
 * @param stack what stops them
 * @param surroundings where they run, and what ends the wait early
 * @returns the servers, in the same order
 * @throws {Error} when one of them cannot be started
 */
export async function startAll(
  contenders: readonly Contender[],
  stack: AsyncDisposableStack,
  surroundings: Surroundings,
): Promise<readonly RunningServer[]> {
  const { serverCore, signal, showProgress } = surroundings;
  const load = { seconds: WARMUP_SECONDS, flows: 8, pace: { window: 64 } };
  const servers: RunningServer[] = [];
  for (const contender of contenders) {
    showProgress(`starting ${contender.name}`);
    const core = contender.isOnAllCores ? undefined : serverCore;
    const server = stack.use(await start(contender, { core, signal }));
    await putLoadOn(server, load, surroundings);
    servers.push(server);
  }
  return servers;
}

/**
 * Starts a server and waits until it answers.
 *
 * @param contender which server
 * @param options where it runs, and what ends the wait early
 * @returns the server, which stops when it is disposed
 * @throws {Error} when it ends or stays silent
 */
async function start(
  contender: Contender,
  options: { readonly core: number | undefined; readonly signal: AbortSignal },
): Promise<RunningServer> {
  const port = freePort();
  const directory = await Deno.makeTempDir({ prefix: "timesrv_bench_" });
  const [program, ...args] = pinned(contender.command(port, directory), options.core);
  const child = new Deno.Command(program, {
    args,
    cwd: contender.folder ?? ROOT,
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  let complaint = "";
  const complaining = (async () => {
    for await (const text of child.stderr.pipeThrough(new TextDecoderStream())) {
      complaint = (complaint + text).slice(-2000);
    }
  })();
  const state = { ended: false };
  const ended = child.status.then(({ code }) => {
    state.ended = true;
    return code;
  });
  const stop = async (): Promise<void> => {
    if (!state.ended) {
      child.kill("SIGTERM");
      const timer = setTimeout(() => child.kill("SIGKILL"), STOP_TIMEOUT_MS);
      await ended;
      clearTimeout(timer);
    }
    await complaining;
    await Deno.remove(directory, { recursive: true });
  };
  try {
    await untilAnswered(port, dialects[contender.protocol]().request, () => {
      options.signal.throwIfAborted();
      if (state.ended) throw new Error("it ended");
    });
  } catch (error) {
    await stop();
    options.signal.throwIfAborted();
    const reason = complaint.trim().split("\n").at(-1) || (error as Error).message;
    throw new Error(`Cannot start ${contender.name}: ${reason}`);
  }
  return {
    contender,
    port,
    pid: child.pid,
    [Symbol.asyncDispose]: stop,
  };
}

function freePort(): number {
  const socket = Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.1", port: 0 });
  try {
    return (socket.addr as Deno.NetAddr).port;
  } finally {
    socket.close();
  }
}

async function untilAnswered(
  port: number,
  request: Uint8Array,
  check: () => void,
): Promise<void> {
  const socket = Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.1", port: 0 });
  try {
    const state = { answered: false };
    // Rejected when the socket is closed, and that is all right then.
    const answered = socket.receive().then(() => {
      state.answered = true;
    }).catch(() => {});
    const deadline = performance.now() + START_TIMEOUT_MS;
    while (!state.answered) {
      check();
      if (performance.now() > deadline) {
        throw new Error(`no reply within ${START_TIMEOUT_MS / 1000} s`);
      }
      await socket.send(request, { transport: "udp", hostname: "127.0.0.1", port });
      let timer: ReturnType<typeof setTimeout> | undefined;
      const pause = new Promise<void>((resolve) => timer = setTimeout(resolve, PROBE_EVERY_MS));
      await Promise.race([answered, pause]);
      clearTimeout(timer);
    }
  } finally {
    socket.close();
  }
}
