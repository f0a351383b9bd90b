/** Workers of a bundled program, whose text is in the program. */
import { assertEquals } from "@std/assert";
import { openWorker, whyNoWorker } from "../../../src/server/workers/threads.ts";
import { within } from "../../support/wait.ts";

const BUNDLED = Symbol.for("timesrv.worker");

Deno.test({
  name: "a bundled worker is started from its data: URL, without a permission",
  permissions: { net: true },
  async fn(): Promise<void> {
    const text = 'postMessage("ü%20");';
    Reflect.set(globalThis, BUNDLED, `data:text/javascript,${encodeURIComponent(text)}`);
    try {
      assertEquals(whyNoWorker(), undefined);
      const worker = openWorker();
      const message = new Promise((resolve, reject) => {
        worker.onmessage = ({ data }: MessageEvent<unknown>) => resolve(data);
        worker.onerror = (event): void => {
          event.preventDefault();
          reject(new Error(event.message));
        };
      });
      assertEquals(await within(10, message), "ü%20");
      worker.terminate();
    } finally {
      Reflect.deleteProperty(globalThis, BUNDLED);
    }
  },
});
