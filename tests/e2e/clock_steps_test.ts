/**
 * The whole program while its clock is stepped, which libfaketime does by a file of the offset. On
 * mmsg nothing is faked: the kernel stamps arrivals, and FFI finds the clock in libc itself.
 */
import { assert, assertEquals } from "@std/assert";
import { query } from "../../src/client/query.ts";
import type { NtpReply } from "../../src/protocols/reply.ts";
import { where } from "../support/needs.ts";
import { run } from "../support/process.ts";
import { bothPrograms, startServer } from "../support/programs.ts";

const HOUR = 3600;
const TEN_YEARS = 315_576_000;

/** When the seconds of NTP and of RFC 868 begin anew. */
const ERA_1 = Temporal.Instant.from("2036-02-07T06:28:16Z");

/** From this program's clock to the server's, in whole seconds, one after another. */
function steps(): number[] {
  const toEra = Math.round(ERA_1.since(Temporal.Now.instant()).total("seconds"));
  return [0, HOUR, 0, -HOUR, toEra - 60, toEra + 60, toEra - 60, TEN_YEARS, -TEN_YEARS, 0];
}

/** The command knows where its library is. */
async function libraryPath(): Promise<string> {
  return (await run(["faketime", "-m", "-f", "+0", "printenv", "LD_PRELOAD"])).stdout.trim();
}

/** The time of a server whose clock is this many seconds ahead of this one's. */
function assertAhead(reply: NtpReply, seconds: number, what: string): void {
  const { serverReceivedAt, serverSentAt, sentAt, receivedAt } = reply;
  assert(Temporal.Instant.compare(serverReceivedAt, serverSentAt) <= 0, `${what}: back in time`);
  // Each clock is read at a moment of its own, and a step shows within a reading.
  const slack = { milliseconds: 10 };
  for (const instant of [serverReceivedAt, serverSentAt]) {
    const here = instant.subtract({ seconds });
    assert(
      Temporal.Instant.compare(here, sentAt.subtract(slack)) >= 0 &&
        Temporal.Instant.compare(here, receivedAt.add(slack)) <= 0,
      `${what}: ${here} is not between ${sentAt} and ${receivedAt}`,
    );
  }
}

for (const { kind, needs, timesrv } of await bothPrograms()) {
  for (const transport of ["datagram", "mmsg"]) {
    const more = {
      ...needs,
      commands: ["faketime"],
      permissions: [...needs.permissions ?? [], { name: "write" }, { name: "ffi" }] as const,
    };
    Deno.test(
      await where(
        more,
        `timesrv (${kind}): serves a clock that is stepped by hours and years (${transport})`,
        async () => {
          const file = await Deno.makeTempFile();
          // The library reads the file at each reading of the clock: it must never be empty.
          const step = async (seconds: number): Promise<void> => {
            await Deno.writeTextFile(`${file}.new`, `${seconds < 0 ? "" : "+"}${seconds}\n`);
            await Deno.rename(`${file}.new`, file);
          };
          await step(0);
          const env = {
            LD_PRELOAD: await libraryPath(),
            FAKETIME_TIMESTAMP_FILE: file,
            FAKETIME_NO_CACHE: "1",
            FAKETIME_DONT_FAKE_MONOTONIC: "1",
          };
          try {
            const listener = [
              "--transport",
              transport,
              "--clock-status=fixed",
              "auto://127.0.0.1:0",
            ];
            const { server, port } = await startServer(timesrv, listener, { env });
            await using _ = server;
            for (const seconds of steps()) {
              await step(seconds);
              const reply = await query(`ntp://127.0.0.1:${port}`, { timeout: "5s" });
              const isFaked = transport === "datagram";
              assertAhead(reply as NtpReply, isFaked ? seconds : 0, `${seconds} s`);
            }
            const { code } = await server.stop();
            assertEquals(code, 0);
            const lines = server.stderr.trimEnd().split("\n").map((line) => line.slice(25));
            const told = lines.filter((line) => line.startsWith("Time request"));
            // Where it serves and how, each request, the totals: no step is worth a line.
            assertEquals(lines.length, 3 + told.length, server.stderr);
          } finally {
            await Deno.remove(file);
          }
        },
      ),
    );
  }
}
