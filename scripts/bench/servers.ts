/** Starts servers, waits until they answer, and stops them. */
import { dialects } from "../../src/load/dialects.ts";
import { pinned, ROOT } from "./commands.ts";
import type { Contender, RunningServer } from "./contenders.ts";
import { measureLoad } from "./generator.ts";
import type { Context } from "./section.ts";

/** The time limit until a server answers. */
const START_TIMEOUT_MS = 10_000;

/** The interval of the requests meanwhile. */
const PROBE_EVERY_MS = 20;

/** The time after SIGTERM until SIGKILL. */
const STOP_TIMEOUT_MS = 2000;

/** The load on each server before it is measured, to compile its code. */
const WARMUP_SECONDS = 1;

/**
 * Starts servers, and puts each under load until its code is compiled.
 *
 * @param stack Stops them
 * @throws {Error} If one of them cannot be started
 */
export async function startAll(
  contenders: readonly Contender[],
  stack: AsyncDisposableStack,
  context: Context,
): Promise<readonly RunningServer[]> {
  const { serverCore, signal, showProgress } = context;
  const load = { duration: WARMUP_SECONDS, flows: 8, window: 64 };
  const servers: RunningServer[] = [];
  for (const contender of contenders) {
    showProgress(`starting ${contender.name}`);
    const core = contender.isOnAllCores ? undefined : serverCore;
    const started = stack.use(await startServer(contender, { core, signal }));
    const server = { ...started, request: await contender.makeRequest?.(started.port) };
    await measureLoad(server, load, context);
    servers.push(server);
  }
  return servers;
}

/**
 * Starts a server and waits until it answers.
 *
 * @throws {Error} If it ends or stays silent
 */
export async function startServer(
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
  let errors = "";
  const reading = (async () => {
    for await (const text of child.stderr.pipeThrough(new TextDecoderStream())) {
      errors = (errors + text).slice(-2000);
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
    await reading;
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
    const reason = errors.trim().split("\n").at(-1) || (error as Error).message;
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
  socket.close();
  return (socket.addr as Deno.NetAddr).port;
}

export function freeTcpPort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

async function untilAnswered(
  port: number,
  request: Uint8Array,
  check: () => void,
): Promise<void> {
  const socket = Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.1", port: 0 });
  try {
    const state = { answered: false };
    // Closing the socket rejects it.
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
