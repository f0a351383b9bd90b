import { assert, assertEquals } from "@std/assert";
import type { Responder } from "../../src/protocols/responder.ts";
import { SWEEP } from "./cases.ts";
import { describeFinding } from "./fuzz.ts";
import { HttpClientTarget, HttpServerTarget } from "./http_target.ts";
import { QueryTarget } from "./query_target.ts";
import { fuzzServer, protocols, ServerTarget } from "./server_target.ts";

const seed = 868;

Deno.test("a server on datagram goes on answering and counting, whatever it is sent", async () => {
  for (const protocol of protocols) await fuzzServer(protocol, "datagram", seed);
});

Deno.test("query returns a time or reports that there is none, whatever the reply", async () => {
  for (const protocol of protocols) {
    await using target = new QueryTarget(protocol);
    const { finding } = await target.fuzz({ seed, from: SWEEP, to: SWEEP + 100 });
    assert(finding === undefined, finding && describeFinding(finding));
  }
});

for (const [name, start] of [["control", "start"], ["HTTP", "startWeb"]] as const) {
  Deno.test(`the ${name} interface goes on answering, whatever it is sent`, async () => {
    await using target = await HttpServerTarget[start]();
    const { finding } = await target.fuzz({ seed, from: 0, to: 160 });
    assert(finding === undefined, finding && describeFinding(finding));
  });
}

Deno.test("control() returns or reports an error of one line, whatever the answer", async () => {
  await using target = new HttpClientTarget();
  const { finding } = await target.fuzz({ seed, from: 0, to: 320 });
  assert(finding === undefined, finding && describeFinding(finding));
});

const spoken = new TextEncoder().encode("Fri Apr  3 21:09:36 2020");

/** Sends the same reply to every request. */
const parrot: Responder = {
  respond: ({ reply }) => (reply.set(spoken), spoken.length),
};

const faults: Record<string, [Responder, oracle: string]> = {
  "answers answers": [parrot, "gets no answer to its answer"],
  "says too much": [{ respond: () => 100 }, "goes on answering"],
  "throws now and then": [{
    respond(exchange): number | Promise<number> {
      if (exchange.request.length > 100) throw new Error("too much");
      return parrot.respond(exchange);
    },
  }, "counts what it does"],
};

for (const [name, [responder, oracle]] of Object.entries(faults)) {
  Deno.test(`fuzz finds a server that ${name}`, async () => {
    await using target = await ServerTarget.start("asctime", "datagram", responder);
    const { finding } = await target.fuzz({ seed, from: SWEEP, to: SWEEP + 3200 });
    assertEquals(finding?.problem.oracle, oracle);
  });
}
