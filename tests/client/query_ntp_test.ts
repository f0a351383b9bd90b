import { assert, assertEquals, assertRejects } from "@std/assert";
import { query } from "../../src/client/query.ts";
import { QueryError } from "../../src/protocols/failure.ts";
import { decodeNtpPacket } from "../../src/protocols/ntp/packet.ts";
import { serve } from "../../src/server/serve.ts";
import { FakeNetwork } from "../support/fake_network.ts";
import { ntpReply, scriptedServer } from "../support/scripted_server.ts";

/** Every datagram of a hostile server that must not end a query. */
function noise(request: Uint8Array): Uint8Array[] {
  const good = ntpReply(request);
  const { transmitTimestamp: cookie } = decodeNtpPacket(request);
  return [
    new Uint8Array(),
    new Uint8Array(47),
    good.subarray(0, 44),
    new Uint8Array([...good, 0]),
    request,
    ntpReply(request, { originTimestamp: 0n }),
    ntpReply(request, { originTimestamp: cookie ^ 1n }),
    ntpReply(request, { originTimestamp: cookie ^ (1n << 63n) }),
    ...[0, 1, 2, 3, 5, 6, 7].map((mode) => ntpReply(request, { mode })),
    ...[0, 5, 7].map((version) => ntpReply(request, { version })),
    // A kiss is obeyed only if it belongs to the request.
    ntpReply(request, { stratum: 0, leap: 3, referenceId: 0x44454e59, originTimestamp: 1n }),
    new TextEncoder().encode("Fri Apr  3 21:09:36 2020"),
  ];
}

Deno.test("query accepts the one good NTP reply in a flood of bogus ones", async () => {
  await using server = scriptedServer(async (socket, from, _count, request) => {
    for (let round = 0; round < 5; round++) {
      for (const octets of noise(request)) await socket.send(octets, from);
    }
    await socket.send(ntpReply(request, { stratum: 7 }), from);
  }, "ntp");
  const reply = await query(server.url as `ntp://${string}`);
  assertEquals([reply.stratum, reply.referenceId, reply.leap], [7, "192.0.2.1", "none"]);
});

Deno.test("query with nothing but bogus NTP replies ends at its deadline and reports them", async () => {
  const network = new FakeNetwork();
  network.serve("192.0.2.1", ({ octets }) => noise(octets));
  const asked = network.run(query("ntp://192.0.2.1", { network, retries: 0 }));
  const error = await assertRejects(() => asked, QueryError, "not an NTP packet (24 octets)");
  assert(error.message.includes(`${noise(new Uint8Array(48)).length} ignored`), error.message);
  assertEquals([error.reason, network.timers.monotonicMs()], ["bogus_reply", 3000]);
});

Deno.test("query names the protocol of a server that replies in text", async () => {
  for (
    const [octets, end] of [
      [
        new TextEncoder().encode("Fri Apr  3 21:09:36 2020"),
        "(24 octets), but text: use asctime://",
      ],
      [new TextEncoder().encode("x"), "(1 octet), but text: use asctime://"],
      [new Uint8Array(24), "(24 octets)"],
      [new Uint8Array(), "(0 octets)"],
    ] as const
  ) {
    const network = new FakeNetwork();
    network.serve("192.0.2.1", () => octets);
    const asked = network.run(query("192.0.2.1", { network, retries: 0 }));
    const error = await assertRejects(() => asked, QueryError);
    assert(error.message.endsWith(`the last: not an NTP packet ${end}`), error.message);
  }
});

Deno.test("query returns a kiss-o'-death as it came", async () => {
  await using server = scriptedServer(
    (socket, from, _count, request) =>
      socket.send(ntpReply(request, { stratum: 0, leap: 3, referenceId: 0x52415445 }), from),
    "ntp",
  );
  const reply = await query(server.url as `ntp://${string}`);
  assertEquals([reply.referenceId, reply.leap, reply.stratum], ["RATE", "unsynchronized", 0]);
});

Deno.test("query measures a server whose clock is known to be wrong", async () => {
  const aheadSeconds = 90 * 60;
  const clock = {
    read(time: { seconds: number; nanoseconds: number }): void {
      const now = Temporal.Now.instant().epochNanoseconds;
      time.seconds = Number(now / 1_000_000_000n) + aheadSeconds;
      time.nanoseconds = Number(now % 1_000_000_000n);
    },
  };
  await using server = await serve(["ntp://127.0.0.1:0", "time://127.0.0.1:0"], { clock });
  const [ntp, time] = server.addresses;
  const precise = await query(`ntp://127.0.0.1:${ntp?.port}`);
  const error = precise.offset.subtract({ seconds: aheadSeconds }).abs();
  assert(Temporal.Duration.compare(error, precise.errorBound) <= 0, `${error}`);
  const coarse = await query(`time://127.0.0.1:${time?.port}`);
  const wrong = coarse.offset.subtract({ seconds: aheadSeconds }).abs();
  assert(Temporal.Duration.compare(wrong, coarse.errorBound) <= 0, `${wrong}`);
});

Deno.test("query reads Daytime and Time from our own server", async () => {
  const clock = {
    read(time: { seconds: number; nanoseconds: number }): void {
      time.seconds = 1_585_948_176;
      time.nanoseconds = 0;
    },
  };
  await using server = await serve(["daytime://127.0.0.1:0", "time://127.0.0.1:0"], {
    clock,
    utc: true,
    daytimeFormat: "iso8601",
  });
  const [daytime, time] = server.addresses;
  const line = await query(`daytime://127.0.0.1:${daytime?.port}`);
  assertEquals([line.text, line.time.toString(), line.utcOffset], [
    "2020-04-03T21:09:36+00:00",
    "2020-04-03T21:09:36",
    "+00:00",
  ]);
  const seconds = await query(`time://127.0.0.1:${time?.port}`);
  assertEquals(seconds.time.toString(), "2020-04-03T21:09:36Z");
});

Deno.test("query reads a Time reply that is too long, with a warning", async () => {
  // GNU inetd writes a C long of 64 bits.
  const octets = new Uint8Array([0xe2, 0x32, 0x24, 0x90, 0, 0, 0, 0]);
  await using server = scriptedServer((socket, from) => socket.send(octets, from), "time");
  const reply = await query(server.url as `time://${string}`);
  assertEquals(reply.time.toString(), "2020-04-03T21:09:36Z");
  assertEquals(reply.warnings, [
    "8 octets in the reply, where RFC 868 has 4; the rest was ignored",
  ]);
});

Deno.test("query finds three octets no Time reply, nor what other protocols answer", async () => {
  const replies = [
    new Uint8Array(3),
    new Uint8Array(5),
    new Uint8Array(48),
    new Uint8Array([0xe2, 0x32, 0x24, 0x90, 0, 0, 0, 1]),
    new TextEncoder().encode("Fri Apr  3 21:09:36 2020"),
  ];
  for (const octets of replies) {
    await using server = scriptedServer((socket, from) => socket.send(octets, from), "time");
    const error = await query(server.url).catch((error) => error);
    assertEquals(error instanceof QueryError && error.reason, "not_a_time", `${octets}`);
  }
});
