/** Where a bundled program keeps the bundled worker: scripts/compile.ts puts it there. */
const BUNDLED_WORKER = Symbol.for("timesrv.worker");

/** The worker's module as a text, where the program is one file and has no other to start. */
function bundledWorker(): string | undefined {
  const text: unknown = Reflect.get(globalThis, BUNDLED_WORKER);
  return typeof text === "string" ? text : undefined;
}

/** Why no worker can be started; undefined if one can. */
export function whyNoWorker(): string | undefined {
  // Whatever a blob holds may be started without a permission.
  if (bundledWorker() !== undefined) return undefined;
  const folder = new URL("../../", import.meta.url);
  if (folder.protocol !== "file:") return "its modules are not files of this machine";
  // Asked, never prompted for.
  const { state } = Deno.permissions.querySync({ name: "read", path: folder });
  return state === "granted" ? undefined : "no permission --allow-read for its own modules";
}

/** Opens a thread that does a job. */
export function openWorker(): Worker {
  const bundled = bundledWorker();
  if (bundled === undefined) {
    return new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
  }
  const url = URL.createObjectURL(new Blob([bundled], { type: "text/javascript" }));
  const worker = new Worker(url, { type: "module" });
  // Read by the time it is first heard of.
  worker.addEventListener("message", () => URL.revokeObjectURL(url), { once: true });
  return worker;
}
