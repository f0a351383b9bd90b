import { isGranted } from "../../system/permission.ts";

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
