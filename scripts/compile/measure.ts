import { join } from "node:path";
import { CompileError } from "./run.ts";

/** Whole milliseconds from the start of each program to its first reply. */
export type FirstReplies = Readonly<Record<"timesrv" | "timecli", number>>;

/**
 * Reads the listener's URL from the ready line of a server.
 *
 * @throws {CompileError} If it ends without one
 */
export async function readUrl({ stdout }: Deno.ChildProcess): Promise<string> {
  let text = "";
  const chunks = stdout.pipeThrough(new TextDecoderStream()).values({ preventCancel: true });
  for await (const chunk of chunks) {
    text += chunk;
    const url = /"url":"([^"]+)"/.exec(text)?.[1];
    if (url !== undefined) return url;
  }
  throw new CompileError("timesrv ended without listening");
}

/** Sends one datagram and waits for the reply. */
async function ask(url: string): Promise<void> {
  // The URL parser finds no host in a URL of a scheme that it does not know.
  const { hostname, port } = new URL(url.replace("asctime:", "http:"));
  const socket = Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.1", port: 0 });
  try {
    await socket.send(new Uint8Array(), { transport: "udp", hostname, port: Number(port) });
    await socket.receive();
  } finally {
    socket.close();
  }
}

async function firstReplies(dist: string, suffix: string, cache: string): Promise<FirstReplies> {
  // One folder per program, because the first would otherwise unpack the runtime for both; and no other
  // cache folder, because it may hold the files of an earlier build.
  function env(name: string): Record<string, string> {
    const folder = join(cache, name);
    return { XDG_CACHE_HOME: folder, HOME: folder, TMPDIR: folder };
  }
  const serverStart = performance.now();
  const server = new Deno.Command(join(dist, `timesrv${suffix}`), {
    args: ["asctime://127.0.0.1:0", "--quiet"],
    env: env("timesrv"),
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  // A server that never answers must not hang the build.
  const alarm = setTimeout(() => server.kill("SIGKILL"), 60_000);
  try {
    const url = await readUrl(server);
    const ended = server.status.then(() => {
      throw new CompileError("asking timesrv: it ended without a reply");
    });
    await Promise.race([ask(url), ended]);
    const clientStart = performance.now();
    const client = new Deno.Command(join(dist, `timecli${suffix}`), {
      args: [url],
      env: env("timecli"),
    });
    const { success, stderr } = await client.output();
    if (!success) {
      throw new CompileError(`timecli ${url}: ${new TextDecoder().decode(stderr).trim()}`);
    }
    return {
      timesrv: Math.round(clientStart - serverStart),
      timecli: Math.round(performance.now() - clientStart),
    };
  } finally {
    clearTimeout(alarm);
    try {
      server.kill("SIGTERM");
    } catch { /* it has ended already */ }
    await server.status;
  }
}

/** Times both programs on the first run, which may include unpacking, and on the next. */
export async function measure(
  dist: string,
  suffix: string,
): Promise<Readonly<Record<"first" | "next", FirstReplies>>> {
  const cache = await Deno.makeTempDir({ prefix: "timesrv-cache-" });
  try {
    return {
      first: await firstReplies(dist, suffix, cache),
      next: await firstReplies(dist, suffix, cache),
    };
  } finally {
    await Deno.remove(cache, { recursive: true });
  }
}
