/** Faults that are injected, from one program to the other. */
import { assertEquals, assertMatch } from "@std/assert";
import { where } from "../support/needs.ts";
import { run } from "../support/process.ts";
import { bothPrograms, startServer, totalsOf } from "../support/programs.ts";

for (const { kind, needs, timesrv, timecli } of await bothPrograms()) {
  Deno.test(
    await where(needs, `timesrv (${kind}): injects the faults of its options`, async () => {
      const faults = ["drop,every=4", "kiss=DENY,every=2", "garbage,every=3"];
      const options = faults.flatMap((fault) => ["--fault", fault]);
      const { server, port } = await startServer(timesrv, [
        ...options,
        ...["--seed", "7", "--clock-status", "fixed", "ntp://127.0.0.1:0"],
      ]);
      await using _ = server;
      await server.waitFor(/on \S+: drop,every=4, kiss=DENY,every=2, garbage,every=3 \(seed 7\)\n/);
      await server.waitFor(/Transport: datagram \(faults delay replies\)\n/);
      const codes: number[] = [];
      for (let i = 0; i < 5; i++) {
        const patience = ["--retries", "0", "--timeout", "1"];
        const { code } = await run([...timecli, ...patience, `ntp://127.0.0.1:${port}`]);
        codes.push(code);
      }
      // Good, a kiss-o'-death, garbage, dropped, and good again.
      assertEquals(codes, [0, 8, 10, 3, 0]);
      await server.stop();
      assertMatch(server.stderr, / 3 answered, 1 KoD, 1 refused \(1 fault\)/);
      assertEquals(totalsOf(server.stderr), { received: 5, answered: 3, refused: 1, errors: 0 });
    }),
  );
}
