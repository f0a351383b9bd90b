/** The threads of a server: whether they can be started, how, and when the successor of a dead one is. */
import { AF_UNIX, EMFILE, type Libc, SOCK_CLOEXEC, SOCK_DGRAM } from "../../system/libc.ts";
import { isGranted } from "../../system/permission.ts";
import { formatPlural } from "../../text/units.ts";
import { closeSockets } from "../../transports/mmsg/socket.ts";

/**
 * The global property in which scripts/compile.ts puts the worker of a bundled program, as a `data:` URL: older
 * programs of `deno compile` find no module in a blob.
 */
const BUNDLED_WORKER = Symbol.for("timesrv.worker");

function findBundledWorker(): string | undefined {
  const url: unknown = Reflect.get(globalThis, BUNDLED_WORKER);
  return typeof url === "string" ? url : undefined;
}

/** Returns the reason why no worker can be started; undefined if there is none. */
export function whyNoWorker(): string | undefined {
  // A `data:` URL needs no permission.
  if (findBundledWorker() !== undefined) return undefined;
  const folder = new URL("../../", import.meta.url);
  if (folder.protocol !== "file:") return "its modules are not files of this machine";
  if (isGranted({ name: "read", path: folder })) return undefined;
  return "no permission --allow-read for its own modules";
}

/** Starts a thread that waits for its setup. */
export function openWorker(): Worker {
  const url = findBundledWorker();
  if (url === undefined) {
    return new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
  }
  return new Worker(url, { type: "module" });
}

/** More than a thread opens while it starts. */
const THREAD_DESCRIPTORS = 12;

/** Throws an error unless there are file descriptors for this number of threads: without them one would end the process. */
export function requireDescriptors(libc: Libc, threads: number): void {
  const count = threads * THREAD_DESCRIPTORS;
  const opened: number[] = [];
  while (opened.length < count) {
    const descriptor = libc.call.socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (descriptor === -1) break;
    opened.push(descriptor);
  }
  const isTooFew = opened.length < count && libc.errno() === EMFILE;
  closeSockets(libc, opened);
  if (!isTooFew) return;
  throw new Error(
    `Cannot start ${formatPlural(threads, "worker thread")}: ` +
      `too few file descriptors are free (ulimit -n), expected ${count}`,
  );
}

/** The pause before a dead worker is replaced; it doubles each time. */
const FIRST_PAUSE_MS = 100;
const MAX_PAUSE_MS = 10_000;

/** A worker that ran this long died of another cause than its predecessor. */
const STEADY_MS = 30_000;

/** The pauses before the successors of one worker start. */
export class RestartPauses {
  #nextMs = FIRST_PAUSE_MS;

  /** The pause after a worker that ran for a time. */
  next(ranMs: number): number {
    const pauseMs = ranMs > STEADY_MS ? FIRST_PAUSE_MS : this.#nextMs;
    this.#nextMs = Math.min(pauseMs * 2, MAX_PAUSE_MS);
    return pauseMs;
  }
}
