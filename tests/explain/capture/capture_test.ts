import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { CaptureError } from "../../../src/explain/capture/capture_error.ts";
import type { Datagram } from "../../../src/explain/capture/datagram.ts";
import { exchangesOf } from "../../../src/explain/capture/exchanges.ts";
import { readCapture } from "../../../src/explain/capture/read_capture.ts";
import { ntpRequest } from "../../../src/protocols/ntp/client.ts";
import { check } from "../../support/property.ts";
import { ntpReply } from "../../support/scripted_server.ts";
import { join, link, pcap, pcapng, udp, vlan } from "./files.ts";

const payload = new TextEncoder().encode("Time request");
const [client, server] = [[192, 0, 2, 1], [192, 0, 2, 2]] as const;
const ipv6 = [0x20, 0x01, 0x0d, 0xb8, ...Array(11).fill(0), 1];
const at = { seconds: 1_795_370_400, fraction: 123_456_789 };

function texts({ datagrams }: ReturnType<typeof readCapture>): unknown[] {
  return datagrams.map(({ time, from, to, octets }) => [
    time.toString(),
    `${from.hostname} ${from.port} ${to.hostname} ${to.port}`,
    new TextDecoder().decode(octets),
  ]);
}

Deno.test("readCapture finds a datagram in every kind of file and link", () => {
  const found = [[
    "2026-11-22T18:00:00.123456789Z",
    "192.0.2.1 4000 192.0.2.2 8888",
    "Time request",
  ]];
  const ip = udp(client, 4000, server, 8888, payload);
  for (const linkType of [0, 1, 101, 113, 228, 276]) {
    for (const isLittle of [true, false]) {
      const frame = { ...at, octets: join(link(linkType), ip) };
      const options = { linkType, isLittle };
      assertEquals(texts(readCapture(pcapng([frame], options))), found);
      assertEquals(texts(readCapture(pcap([frame], { ...options, magic: 0xa1b23c4d }))), found);
    }
  }
  const frame = { seconds: at.seconds, fraction: 123_456, octets: join(link(1), ip) };
  const [[time] = []] = texts(readCapture(pcap([frame]))) as string[][];
  assertEquals(time, "2026-11-22T18:00:00.123456Z");
});

Deno.test("readCapture reads IPv6 with its options, tags of VLANs, and padding", () => {
  const ip = udp(ipv6, 4000, ipv6, 8888, payload);
  for (
    const [linkType, octets] of [
      [1, join(link(1, true), ip, new Uint8Array(6))],
      [1, join(link(1, true).subarray(0, 12), vlan, vlan, link(1, true).subarray(12), ip)],
      [229, ip],
    ] as const
  ) {
    assertEquals(texts(readCapture(pcap([{ ...at, fraction: 0, octets }], { linkType }))), [
      ["2026-11-22T18:00:00Z", "2001:db8::1 4000 2001:db8::1 8888", "Time request"],
    ]);
  }
});

Deno.test("readCapture passes over what is no whole datagram, and counts what was cut", () => {
  const frames = [
    udp(client, 1, server, 2, payload, { flags: 0x2000 }),
    udp(client, 1, server, 2, payload, { flags: 0x0001 }),
    udp(client, 1, server, 2, payload, { saidLength: 7 }),
    udp(client, 1, server, 2, payload, { saidLength: 21 }),
    udp(client, 1, server, 2, payload).with(9, 6),
    new Uint8Array(),
    new Uint8Array([0x45]),
    udp(client, 1, server, 2, payload),
  ].map((octets) => ({ ...at, octets }));
  const { datagrams, cut } = readCapture(pcap(frames, { linkType: 101 }));
  assertEquals([datagrams.length, cut], [1, 1]);
});

Deno.test("readCapture reads up to where a file breaks off, and refuses what is none", () => {
  const octets = join(link(1), udp(client, 1, server, 2, payload));
  for (
    const file of [
      pcap([{ ...at, octets }, { ...at, octets }]),
      pcapng([{ ...at, octets }, { ...at, octets }]),
    ]
  ) {
    for (let length = 0; length < file.length; length++) {
      const part = file.subarray(0, length);
      let count = 0;
      try {
        count = readCapture(part).datagrams.length;
      } catch (error) {
        assert(error instanceof CaptureError && length < 28, `${error}`);
      }
      assert(count <= 1);
    }
    assertEquals(readCapture(file).datagrams.length, 2);
  }
  for (const text of ["", "#!/bin/sh", "a text that is a little longer than all headers"]) {
    assertThrows(() => readCapture(new TextEncoder().encode(text)), CaptureError, "neither");
  }
  const strange = pcap([{ ...at, octets }], { linkType: 147 });
  assertThrows(() => readCapture(strange), CaptureError, "link type 147");
});

Deno.test("readCapture throws a CaptureError alone, whatever a file has", () => {
  const frame = { ...at, octets: join(link(1), udp(client, 1, server, 123, payload)) };
  const file = fc.constantFrom(pcap([frame, frame]), pcapng([frame, frame]));
  const place = fc.tuple(fc.nat({ max: 300 }), fc.integer({ min: 0, max: 255 }));
  check(
    fc.property(file, fc.array(place, { minLength: 1, maxLength: 6 }), (file, places) => {
      const broken = file.slice();
      for (const [at, octet] of places) broken[at % broken.length] = octet;
      try {
        exchangesOf(readCapture(broken).datagrams);
      } catch (error) {
        assert(error instanceof CaptureError, `${error}`);
      }
    }),
    5000,
  );
});

const datagram = (
  from: Datagram["from"],
  to: Datagram["to"],
  octets: Uint8Array,
): Datagram => ({ time: Temporal.Instant.fromEpochMilliseconds(0), from, to, octets });

Deno.test("exchangesOf gives each request its own reply", () => {
  const us = { hostname: "192.0.2.1", port: 123 };
  const them = { hostname: "192.0.2.2", port: 123 };
  const [first, second, third] = [1, 2, 3].map(() => ntpRequest().octets) as [
    Uint8Array,
    Uint8Array,
    Uint8Array,
  ];
  const other = { hostname: "192.0.2.3", port: 4000 };
  const found = exchangesOf([
    datagram(us, them, first),
    datagram(other, { hostname: "192.0.2.2", port: 53 }, payload),
    datagram(us, them, second),
    datagram(them, us, ntpReply(second)),
    datagram(them, us, ntpReply(first)),
    datagram(other, { ...them, port: 37 }, new Uint8Array()),
    datagram({ ...them, port: 37 }, other, Uint8Array.fromHex("eeadac20")),
    datagram(us, them, third),
    // Nobody asked for it.
    datagram(them, { ...us, port: 9 }, ntpReply(third)),
  ]);
  assertEquals(found.map(({ protocol, reply }) => [protocol, reply?.octets.length]), [
    ["ntp", 48],
    ["ntp", 48],
    ["time", 4],
    ["ntp", undefined],
  ]);
  assertEquals(found[0]?.reply?.octets.subarray(24, 32), first.subarray(40));
  const told = exchangesOf([datagram(other, { ...them, port: 53 }, payload)], "daytime");
  assertEquals(told.length, 1);
});
