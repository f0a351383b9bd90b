/** The global property in which scripts/compile.ts puts the worker of a bundled program. */
const BUNDLED_WORKER = Symbol.for("timesrv.worker");

/** The source of the worker, where the program is a single file. */
function findBundledWorker(): string | undefined {
  const text: unknown = Reflect.get(globalThis, BUNDLED_WORKER);
  return typeof text === "string" ? text : undefined;
}

/** Why no worker can be started; undefined if it can. */
export function whyNoWorker(): string | undefined {
  // A blob needs no permission.
  if (findBundledWorker() !== undefined) return undefined;
  const folder = new URL("../../", import.meta.url);
  if (folder.protocol !== "file:") return "its modules are not files of this machine";
  // A query never prompts.
  const { state } = Deno.permissions.querySync({ name: "read", path: folder });
  return state === "granted" ? undefined : "no permission --allow-read for its own modules";
}

/** Opens a thread that waits for its setup. */
export function openWorker(): Worker {
  const bundled = findBundledWorker();
  if (bundled === undefined) {
    return new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
  }
  const url = URL.createObjectURL(new Blob([bundled], { type: "text/javascript" }));
  const worker = new Worker(url, { type: "module" });
  // By its first message it has been read.
  worker.addEventListener("message", () => URL.revokeObjectURL(url), { once: true });
  return worker;
}
