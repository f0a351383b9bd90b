import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { CaptureError } from "../../../src/explain/capture/frame.ts";
import { exchangesOf } from "../../../src/explain/capture/exchanges.ts";
import { readCapture } from "../../../src/explain/capture/read_capture.ts";
import { check } from "../../support/property.ts";
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

Deno.test("readCapture goes through tags, PPPoE, PPP and LLC to IP", () => {
  const ip = udp(client, 4000, server, 8888, payload);
  const mac = new Uint8Array(12);
  const cooked = link(113).subarray(0, 14);
  const hex = (text: string): Uint8Array => Uint8Array.fromHex(text.replaceAll(" ", ""));
  const frames: readonly (readonly [linkType: number, ...Uint8Array[]])[] = [
    [1, mac, hex("8100 0005 0800")],
    [1, mac, hex("88a8 0005 8100 0006 0800")],
    [1, mac, hex("9100 0005 8100 0006 0800")],
    [1, mac, hex("8864 1100 0001 002a 0021")],
    [1, mac, hex("8100 0005 8864 1100 0001 002a 0021")],
    [1, mac, hex("0030 aaaa 0300 0000 0800")],
    [9, hex("ff03 0021")],
    [9, hex("0021")],
    [9, hex("ff03 21")],
    [50, hex("ff03 0021")],
    [51, hex("1100 0001 002a 0021")],
    [113, cooked, hex("8100 0005 0800")],
    [276, hex("8100 0000 00000003 0001 00 06 0200000000010000"), hex("0005 0800")],
  ];
  for (const [linkType, ...headers] of frames) {
    const octets = join(...headers, ip);
    const read = readCapture(pcap([{ ...at, fraction: 0, octets }], { linkType }));
    assertEquals(texts(read), [
      ["2026-11-22T18:00:00Z", "192.0.2.1 4000 192.0.2.2 8888", "Time request"],
    ], `link type ${linkType}, ${headers.at(-1)?.toHex()}`);
  }
});

Deno.test("readCapture reads nothing behind headers that do not lead to IP", () => {
  const ip = udp(client, 4000, server, 8888, payload);
  const mac = new Uint8Array(12);
  for (
    const [linkType, header] of [
      [1, "0030aaaa03000001 0800"], // SNAP of an organisation
      [1, "0030424203000000 0800"], // LLC of spanning trees
      [1, "0600aaaa03000000 0800"], // no length
      [1, "0806"],
      [1, "8864110000010 02ac021"], // PPP of another protocol
      [9, "ff03c021"],
      [9, "fe030021"],
      [113, "0806"],
    ] as const
  ) {
    const octets = join(
      ...linkType === 1 ? [mac] : linkType === 113 ? [link(113).subarray(0, 14)] : [],
      Uint8Array.fromHex(header.replaceAll(" ", "")),
      ip,
    );
    const { datagrams } = readCapture(pcap([{ ...at, fraction: 0, octets }], { linkType }));
    assertEquals(datagrams, [], `link type ${linkType}, ${header}`);
  }
});

Deno.test("readCapture reads the packets beside frames of a link type it does not know", () => {
  const octets = join(link(1), udp(client, 1, server, 2, payload));
  const usb = pcapng([{ ...at, octets: new Uint8Array(64) }], { linkType: 189 });
  const { datagrams, skipped } = readCapture(join(usb, pcapng([{ ...at, octets }])));
  assertEquals(datagrams.length, 1);
  assertEquals([...skipped], [["of link type 189, which is not supported", 1]]);
});

Deno.test("readCapture reads atomic fragments, authentication headers and tunnels", () => {
  const inner = udp(ipv6, 4000, ipv6, 8888, payload);
  const after = (next: number, header: string, rest: Uint8Array): Uint8Array => {
    const packet = join(inner.subarray(0, 40), Uint8Array.fromHex(header), rest);
    packet[6] = next;
    return packet;
  };
  // The header of hop-by-hop options comes first.
  const datagram = inner.subarray(48);
  const packets: readonly (readonly [expected: number, Uint8Array])[] = [
    [1, after(44, "1100000000000007", datagram)], // RFC 6946
    [0, after(44, "1100000100000007", datagram)], // more fragments follow
    [0, after(44, "1100000800000007", datagram)], // not the first
    [1, after(51, "1104000000000001".padEnd(48, "0"), datagram)], // RFC 4302: (4 + 2) words
    [1, after(0, "3c00010400000000" + "1100010400000000", datagram)], // two kinds of options
    [1, after(41, "", inner)], // 6in6
    [1, after(4, "", udp(client, 4000, server, 8888, payload))], // 4in6
    [0, after(6, "", datagram)], // TCP
  ];
  for (const [expected, octets] of packets) {
    const { datagrams } = readCapture(pcap([{ ...at, octets }], { linkType: 101 }));
    assertEquals(datagrams.length, expected, octets.subarray(40).toHex());
    for (const each of datagrams) assertEquals(each.octets, payload);
  }
  let nested = inner;
  for (let i = 0; i < 1000; i++) nested = after(41, "", nested);
  assertEquals(readCapture(pcap([{ ...at, octets: nested }], { linkType: 101 })).datagrams, []);
});

Deno.test("readCapture reads the modified pcap of some routers", () => {
  const octets = join(link(1), udp(client, 4000, server, 8888, payload));
  const frame = { ...at, fraction: 0, octets };
  for (const isLittle of [true, false]) {
    const file = pcap([frame, frame], { isLittle });
    const view = new DataView(file.buffer);
    view.setUint32(0, 0xa1b2cd34, isLittle);
    const record = 16 + octets.length;
    const [first, second] = [24, 24 + record].map((start) => [
      file.subarray(start, start + 16),
      new Uint8Array(8),
      file.subarray(start + 16, start + record),
    ]) as [Uint8Array[], Uint8Array[]];
    assertEquals(readCapture(join(file.subarray(0, 24), ...first, ...second)).datagrams.length, 2);
  }
});

Deno.test("readCapture ignores the bits above a link type, which are for checksums", () => {
  const octets = join(link(113), udp(client, 4000, server, 8888, payload));
  // FCS length 4 is present: bits 31-28 and 26 (draft-ietf-opsawg-pcap §4).
  const file = pcap([{ ...at, fraction: 0, octets }], { linkType: 0x4400_0000 + 113 });
  assertEquals(readCapture(file).datagrams.length, 1);
});

Deno.test("readCapture begins a section with its own byte order and no interfaces", () => {
  const octets = join(link(1), udp(client, 4000, server, 8888, payload));
  const raw = udp(client, 4001, server, 8888, payload);
  const [first, second] = [
    pcapng([{ ...at, octets }]),
    pcapng([{ ...at, octets: raw }], { linkType: 101, isLittle: false }),
  ];
  const { datagrams } = readCapture(join(first, second, first));
  assertEquals(datagrams.map(({ from }) => from.port), [4000, 4001, 4000]);
  const packets = first.subarray(blockOf(first, 6));
  const section = first.subarray(0, blockOf(first, 1));
  const without = join(first, section, packets);
  assertThrows(() => readCapture(without), CaptureError, "a packet without an interface");
});

Deno.test("readCapture follows any number of tags, and headers of LLC, within a frame", () => {
  const header = link(1).subarray(0, 12);
  const ip = join(link(1).subarray(12), udp(client, 1, server, 2, payload));
  for (
    const [tag, end] of [["81000005", ip], ["0001aaaa03000000", ip], ["81000005", vlan]] as const
  ) {
    const octets = join(header, Uint8Array.fromHex(tag.repeat(30_000)), end);
    const { datagrams, skipped } = readCapture(
      pcap([{ ...at, fraction: 0, octets }], { linkType: 1 }),
    );
    assertEquals([datagrams.length, skipped.size], [end === ip ? 1 : 0, 0]);
  }
});

Deno.test("readCapture bounds what a hostile file may have it keep", () => {
  const file = pcapng([]);
  const section = file.subarray(0, blockOf(file, 1));
  const interfaces = (count: number): Uint8Array<ArrayBuffer> => {
    const one = new Uint8Array(Uint32Array.of(1, 20, 1, 0, 20).buffer);
    const all = new Uint8Array(count * one.length);
    for (let i = 0; i < count; i++) all.set(one, i * one.length);
    return join(section, all);
  };
  assertEquals(readCapture(interfaces(65_536)).datagrams, []);
  assertThrows(() => readCapture(interfaces(65_537)), CaptureError, "more than 65536 interfaces");
  const types = Array.from(
    { length: 100 },
    (_, i) => pcapng([{ ...at, octets: new Uint8Array(4) }], { linkType: 1000 + i }),
  );
  const { skipped } = readCapture(join(...types));
  assertEquals(skipped.size, 17);
  assertEquals(skipped.get("of further link types"), 84);
  assertEquals(skipped.get("of link type 1015, which is not supported"), 1);
});

Deno.test("readCapture takes a frame that none can capture for damage", () => {
  const file = pcap([{ ...at, octets: new Uint8Array(4) }]);
  const view = new DataView(file.buffer);
  view.setUint32(24 + 8, 262_144, true);
  assertEquals(readCapture(file).datagrams, []);
  view.setUint32(24 + 8, 262_145, true);
  assertThrows(() => readCapture(file), CaptureError, "a frame of 262145 octets in a pcap file");
  const section = pcapng([]);
  for (const length of [8, 11, 13]) {
    const block = new Uint8Array(Uint32Array.of(5, length, length, 0).buffer);
    const damaged = join(section, block);
    assertThrows(() => readCapture(damaged), CaptureError, `a block of ${length} octets`);
  }
});

Deno.test("readCapture reads no option of an interface behind their end", () => {
  const octets = join(link(1), udp(client, 4000, server, 8888, payload));
  const file = pcapng([{ seconds: 1, fraction: 0, octets }]);
  const options = blockOf(file, 1) + 16;
  const resolution = file.slice(options, options + 8);
  file.fill(0, options, options + 4);
  file.set(resolution, options + 4);
  // In microseconds then, which is the default.
  const [{ time } = {}] = readCapture(file).datagrams;
  assertEquals(time?.toString(), "1970-01-01T00:16:40Z");
});

Deno.test("readCapture reads fractions of a second or more, and times before 1970", () => {
  const octets = udp(client, 4000, server, 8888, payload);
  const options = { linkType: 101 };
  const [{ time } = {}] =
    readCapture(pcap([{ seconds: 1, fraction: 2_500_000, octets }], options)).datagrams;
  assertEquals(time?.toString(), "1970-01-01T00:00:03.5Z");
});

Deno.test("readCapture reads obsolete packet blocks, and counts simple ones, which have no time", () => {
  const octets = join(link(1), udp(client, 4000, server, 8888, payload));
  const file = pcapng([{ ...at, octets }]);
  const packet = blockOf(file, 6);
  const obsolete = file.slice();
  new DataView(obsolete.buffer).setUint32(packet, 2, true);
  assertEquals(readCapture(obsolete).datagrams, readCapture(file).datagrams);
  const simple = join(
    file.subarray(0, packet),
    Uint8Array.fromHex("03000000"),
    new Uint8Array(Uint32Array.of(16 + Math.ceil(octets.length / 4) * 4, octets.length).buffer),
    octets,
    new Uint8Array((4 - octets.length % 4) % 4),
    new Uint8Array(Uint32Array.of(16 + Math.ceil(octets.length / 4) * 4).buffer),
  );
  const { datagrams, skipped } = readCapture(simple);
  assertEquals(datagrams, []);
  assertEquals([...skipped], [["without a time (simple packet blocks)", 1]]);
  // A packet that was longer than what was captured of it ends with its block.
  new DataView(simple.buffer).setUint32(packet + 8, 65_535, true);
  assertEquals(readCapture(simple).skipped, skipped);
});

/** Where the first block of a type begins in a little-endian file. */
function blockOf(file: Uint8Array<ArrayBuffer>, type: number): number {
  const view = new DataView(file.buffer);
  let at = 0;
  while (view.getUint32(at, true) !== type) at += view.getUint32(at + 4, true);
  return at;
}

Deno.test("readCapture leaves out what is no whole datagram, and counts it by reason", () => {
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
  const { datagrams, skipped } = readCapture(pcap(frames, { linkType: 101 }));
  assertEquals(datagrams.length, 1);
  assertEquals(Object.fromEntries(skipped), {
    "with IP fragments, which are not reassembled": 2,
    "not captured in full": 1,
  });
});

Deno.test("readCapture reads up to where a file breaks off, and refuses other files", () => {
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
  const packed = Uint8Array.of(0x1f, 0x8b, 8, ...Array(20).fill(0));
  assertThrows(() => readCapture(packed), CaptureError, "a gzip file");
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
