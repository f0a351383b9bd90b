import { isGranted } from "../../system/permission.ts";

/** The global property in which scripts/compile.ts puts the worker of a bundled program. */
const BUNDLED_WORKER = Symbol.for("timesrv.worker");

function findBundledWorker(): string | undefined {
  const text: unknown = Reflect.get(globalThis, BUNDLED_WORKER);
  return typeof text === "string" ? text : undefined;
}

/** Returns the reason why no worker can be started; undefined if there is none. */
export function whyNoWorker(): string | undefined {
  // A blob needs no permission.
  if (findBundledWorker() !== undefined) return undefined;
  const folder = new URL("../../", import.meta.url);
  if (folder.protocol !== "file:") return "its modules are not files of this machine";
  if (isGranted({ name: "read", path: folder })) return undefined;
  return "no permission --allow-read for its own modules";
}

/** Starts a thread that waits for its setup. */
export function openWorker(): Worker {
  const bundled = findBundledWorker();
  if (bundled === undefined) {
    return new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
  }
  const url = URL.createObjectURL(new Blob([bundled], { type: "text/javascript" }));
  const worker = new Worker(url, { type: "module" });
  // Once it sends a message, its source has been read.
  worker.addEventListener("message", () => URL.revokeObjectURL(url), { once: true });
  return worker;
}
