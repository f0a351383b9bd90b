import { assert, assertEquals } from "@std/assert";
import type { ProtocolRecord } from "../../src/protocols/protocol.ts";
import { protocols, wireProtocols } from "../../src/protocols/registry.ts";
import { answer, builtIn, later, NOW } from "../support/services.ts";

const sentAt = Temporal.Instant.fromEpochMilliseconds(NOW.seconds * 1000);
const roundTrip = Temporal.Duration.from({ milliseconds: 200 });

for (const name of wireProtocols) {
  const record: ProtocolRecord = protocols[name];
  const { keys = [], rawKeys = [], matchTests = [], trustTests = [] } = record;
  const request = record.createRequest();
  const octets = answer(builtIn(name), request.octets, { then: later(NOW, 1_000_000n) });

  Deno.test(`the record of ${name} reads what its service writes, and trusts it`, () => {
    assertEquals(request.rejection?.(octets), undefined);
    for (const test of matchTests) assertEquals(test.rejection(octets, request.octets), undefined);
    const reply = record.read({
      url: `${name}://192.0.2.1:1`,
      request: request.octets,
      octets,
      from: { transport: "udp", hostname: "192.0.2.1", port: 1 },
      sentAt,
      receivedAt: sentAt.add(roundTrip),
      roundTrip,
    });
    assert(reply.hasTime);
    assert(reply.text.includes("2020"), reply.text);
    assertEquals("offset" in reply, record.hasOffset ?? false);
    for (const test of trustTests) assertEquals(test.failure(reply, 3), undefined, test.name);
    const json = Object.keys(record.toJson?.(reply, true) ?? {});
    assertEquals(json.filter((key) => !keys.includes(key) && !rawKeys.includes(key)), []);
    const plain = Object.keys(record.toJson?.(reply, false) ?? {});
    assertEquals(plain.filter((key) => !keys.includes(key)), []);
  });

  Deno.test(`the record of ${name} recognises the reply of its service, and no request of its own`, () => {
    assertEquals(record.looksLikeReply(octets), true);
    assertEquals(record.looksLikeReply(request.octets), false);
  });
}
