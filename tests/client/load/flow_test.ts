import { assert, assertEquals } from "@std/assert";
import { Flow, FLOW_CAPACITY } from "../../../src/client/load/flow.ts";
import { openLibc } from "../../../src/transports/mmsg/libc.ts";
import { testWith } from "../../helpers.ts";

const ffi = { permissions: [{ name: "ffi" }] } as const;

await testWith(ffi, "Flow takes answers in any order, each once, and gives up the rest", () => {
  using libc = openLibc();
  using flow = new Flow(libc, { hostname: "127.0.0.1", port: 9, isStamped: true });
  for (const sentNs of [10, 11, 12, 13]) flow.push(sentNs);
  assertEquals([flow.oldest, flow.next, flow.outstanding, flow.room], [0, 4, 4, FLOW_CAPACITY - 4]);
  assertEquals([flow.take(2), flow.take(2), flow.take(4), flow.take(-1)], [12, 0, 0, 0]);
  assertEquals([flow.take(), flow.take(), flow.take(), flow.take()], [10, 11, 13, 0]);
  assertEquals([flow.outstanding, flow.room, flow.youngestNs], [0, FLOW_CAPACITY, 13]);
  flow.push(20);
  const { nonce } = flow;
  assertEquals([flow.giveUp(), flow.outstanding, flow.take(4)], [1, 0, 0]);
  assert(flow.nonce !== nonce);
  flow.push(30, 77);
  assertEquals(flow.departureNs(5), 77);
  assertEquals([flow.take(5), flow.room], [30, FLOW_CAPACITY]);
});
