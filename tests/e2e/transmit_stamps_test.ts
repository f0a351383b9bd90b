/** No reply has a transmit time that lies after its departure, whatever holds the server up. */
import { assert, assertEquals } from "@std/assert";
import { systemTimers } from "../../src/system/time.ts";
import { where } from "../support/needs.ts";
import { run, Running } from "../support/process.ts";
import { root, source, startServer } from "../support/programs.ts";

const EXCHANGES = 20_000;

/** Takes the core of a server again and again, in the middle of its batches too. */
const busyLoop = ["sh", "-c", "while :; do :; done"] as const;

/** How long a server runs between two stops, and stands still, in milliseconds. */
const PAUSE_MS = 3;

const needs = {
  ...source.needs,
  commands: ["sh"],
  permissions: [...source.needs.permissions ?? [], { name: "ffi" }] as const,
  linux: true,
};

for (const transport of ["mmsg", "datagram"]) {
  for (const isStopped of [false, true]) {
    const held = isStopped ? "that is stopped and continued" : "beside busy loops";
    const name =
      `no transmit timestamp of a server ${held} lies after the departure (${transport})`;
    Deno.test(
      await where(needs, name, async () => {
        const arguments_ = ["--transport", transport, "ntp://127.0.0.1:0"];
        const { server, port } = await startServer(source.timesrv, arguments_);
        await using _server = server;
        await using stack = new AsyncDisposableStack();
        for (let core = 0; core < navigator.hardwareConcurrency && !isStopped; core++) {
          stack.use(new Running(busyLoop));
        }
        let isMeasured = false;
        const stops = (async () => {
          while (isStopped && !isMeasured) {
            for (const signal of ["SIGSTOP", "SIGCONT"] as const) {
              server.child.kill(signal);
              await systemTimers.sleep(PAUSE_MS);
            }
          }
        })();
        for (const burst of [1, 64]) {
          const measure = ["run", "-A", "--no-check", `${root}scripts/bench/transits.ts`];
          const { stdout, stderr, code } = await run(
            [Deno.execPath(), ...measure, `${EXCHANGES}`, `${burst}`, `${port}`],
            { limitSeconds: 30 },
          );
          assertEquals(code, 0, stderr);
          const [transitsNs = []] = JSON.parse(stdout) as number[][];
          assert(transitsNs.length > EXCHANGES / 2, `${transitsNs.length} replies`);
          assertEquals(transitsNs.filter((ns) => ns < 0), [], `bursts of ${burst}`);
        }
        isMeasured = true;
        await stops;
      }),
    );
  }
}
