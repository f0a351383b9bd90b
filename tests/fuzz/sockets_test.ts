import { assert, assertEquals } from "@std/assert";
import type { Protocol } from "../../src/protocols/endpoint.ts";
import { testWith } from "../helpers.ts";
import { SWEEP } from "./cases.ts";
import { describeFinding } from "./fuzz.ts";
import { QueryTarget } from "./query_target.ts";
import { ServerTarget } from "./server_target.ts";

const protocols: readonly Protocol[] = ["asctime", "daytime", "time", "ntp", "auto"];

const seed = crypto.getRandomValues(new Uint32Array(1))[0] ?? 1;

const batches = [{ name: "ffi" }, { name: "read" }] as const;

for (const transport of ["datagram", "mmsg"] as const) {
  await testWith(
    { permissions: transport === "mmsg" ? batches : [] },
    `a server on ${transport} goes on answering and counting, whatever it is sent`,
    async () => {
      for (const protocol of protocols) {
        await using target = await ServerTarget.start(protocol, transport);
        assertEquals(target.name, `${transport}-${protocol}`);
        const { finding } = await target.fuzz({ seed, from: SWEEP, to: SWEEP + 320 });
        assert(finding === undefined, finding && describeFinding(finding));
      }
    },
  );
}

Deno.test("query brings a time or says that it is none, whatever the reply", async () => {
  for (const protocol of protocols) {
    await using target = new QueryTarget(protocol);
    const { finding } = await target.fuzz({ seed, from: SWEEP, to: SWEEP + 100 });
    assert(finding === undefined, finding && describeFinding(finding));
  }
});
