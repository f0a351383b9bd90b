import { assert, assertEquals } from "@std/assert";
import { ANSWERED, Flow, LOST } from "../../src/load/flow.ts";
import { openLibc } from "../../src/system/libc.ts";
import { where } from "../support/needs.ts";

const ffi = { permissions: [{ name: "ffi" }] } as const;
const options = { hostname: "127.0.0.1", port: 9, share: 8, capacity: 8, isStamped: true } as const;

Deno.test(
  await where(ffi, "Flow records replies in any order, each once", () => {
    using libc = openLibc();
    using flow = new Flow(libc, options);
    for (const sentNs of [10, 11, 12, 13]) flow.recordSent(sentNs);
    assertEquals([flow.oldest, flow.next, flow.outstanding, flow.room], [0, 4, 4, 4]);
    assertEquals([flow.recordReply(2), flow.recordReply(2), flow.recordReply(4)], [
      12,
      ANSWERED,
      ANSWERED,
    ]);
    assertEquals([flow.recordReply(), flow.recordReply(), flow.recordReply(), flow.recordReply()], [
      10,
      11,
      13,
      ANSWERED,
    ]);
    assertEquals([flow.outstanding, flow.room, flow.youngestNs], [0, 8, 13]);
    flow.recordSent(30, 20, 77);
    assertEquals(flow.departureNs(4), 77);
    assertEquals([flow.recordReply(4), flow.room], [20, 8]);
  }),
);

Deno.test(
  await where(
    ffi,
    "Flow expires each request by when it was sent, and recognises late replies",
    () => {
      using libc = openLibc();
      using flow = new Flow(libc, options);
      for (const sentNs of [10, 11, 12, 13, 14]) flow.recordSent(sentNs, 5);
      flow.recordReply(1);
      assertEquals([flow.expire(9), flow.expire(12), flow.expire(12)], [0, 2, 0]);
      assertEquals([flow.oldest, flow.outstanding, flow.room], [3, 2, 6]);
      assertEquals([flow.recordReply(0), flow.recordReply(0), flow.recordReply(1)], [
        LOST,
        ANSWERED,
        ANSWERED,
      ]);
      assertEquals([flow.recordReply(4), flow.expire(14), flow.outstanding], [5, 1, 0]);
      for (let i = 0; i < 8; i++) flow.recordSent(20 + i);
      assertEquals([flow.room, flow.expire(20), flow.room], [0, 1, 1]);
      // Neither 2 nor the answer to 1 is remembered.
      assertEquals([flow.recordReply(2), flow.recordReply(1)], [LOST, LOST]);
      assertEquals([flow.outstanding, flow.recordReply(12)], [7, 27]);
    },
  ),
);

Deno.test(
  await where(ffi, "Flow remembers as many requests as it has room for", () => {
    using libc = openLibc();
    using flow = new Flow(libc, options);
    for (let sentNs = 10; sentNs < 18; sentNs++) flow.recordSent(sentNs);
    assertEquals([flow.room, flow.recordReply(8), flow.recordReply(0)], [0, ANSWERED, 10]);
    flow.recordSent(18);
    // The first place is that of request 8 now.
    assertEquals([flow.recordReply(0), flow.recordReply(8), flow.recordReply(1)], [LOST, 18, 11]);
  }),
);

Deno.test(
  await where(ffi, "Flow has another nonce once it is reopened", () => {
    using libc = openLibc();
    using flow = new Flow(libc, options);
    flow.recordSent(20);
    const { nonce } = flow;
    assertEquals(flow.expire(Infinity), 1);
    flow.reopen();
    assert(flow.nonce !== nonce);
    assertEquals([flow.oldest, flow.outstanding, flow.room], [1, 0, 8]);
  }),
);
