import { assertEquals } from "@std/assert";
import { autoResponder } from "../../src/protocols/auto.ts";
import { NTP_HEADER_LENGTH } from "../../src/protocols/ntp/packet.ts";
import {
  decodeKind,
  encodeKind,
  formatKind,
  formatKindWithMode,
} from "../../src/protocols/request_kind.ts";
import type { Protocol } from "../../src/protocols/registry.ts";
import { refusalCauses } from "../../src/protocols/responder.ts";
import { ask } from "../support/services.ts";

function packet(flags: number, length = 48): Uint8Array {
  const octets = new Uint8Array(length);
  octets[0] = flags;
  return octets;
}

Deno.test("a kind names what a request speaks, on a listener of any protocol", () => {
  const text = new TextEncoder().encode("Time request");
  const long = new TextEncoder().encode("#".repeat(48));
  const table: [protocol: Protocol, request: Uint8Array, short: string, withMode: string][] = [
    ["auto", packet(0x23), "NTP v4", "NTP v4 client"],
    ["auto", packet(0xe3, 68), "NTP v4", "NTP v4 client"],
    ["auto", packet(0x19), "NTP v3", "NTP v3 symmetric active"],
    ["auto", packet(0x08), "NTP v1", "NTP v1 reserved"],
    ["auto", packet(0x16), "NTP v2", "NTP v2 control"],
    ["auto", text, "text", "text"],
    ["auto", long, "text", "text"],
    ["auto", packet(0x23, 47), "text", "text"],
    ["auto", packet(0x2b), "text", "text"],
    ["auto", packet(0x20), "text", "text"],
    ["auto", new Uint8Array(), "text", "text"],
    ["ntp", packet(0x2b), "NTP v5", "NTP v5 client"],
    ["ntp", long, "NTP v4", "NTP v4 client"],
    ["ntp", text, "NTP", "NTP"],
    ["asctime", packet(0x23), "text", "text"],
    ["daytime", packet(0x23), "Daytime", "Daytime"],
    ["time", new Uint8Array(), "Time", "Time"],
  ];
  for (const [protocol, request, short, withMode] of table) {
    const kind = decodeKind(encodeKind(protocol, request));
    assertEquals([formatKind(kind), formatKindWithMode(kind)], [short, withMode], protocol);
  }
  assertEquals(decodeKind(encodeKind("auto", packet(0x23))), {
    protocol: "ntp",
    version: 4,
    mode: 3,
  });
  assertEquals(decodeKind(encodeKind("ntp", text)), { protocol: "ntp" });
});

Deno.test("a request to an auto listener is NTP where its service answers with NTP", () => {
  const responder = autoResponder({ utc: true, random32: () => 0 });
  for (let flags = 0; flags < 256; flags++) {
    for (const length of [12, 48]) {
      const request = packet(flags, length);
      const reply = ask(responder, request);
      // What is refused has no form of its own.
      if (typeof reply === "string") {
        assertEquals((refusalCauses as readonly string[]).includes(reply), true);
        continue;
      }
      const { protocol } = decodeKind(encodeKind("auto", request));
      const expected = reply.length === NTP_HEADER_LENGTH ? "ntp" : "asctime";
      assertEquals(protocol, expected, `${flags} ${length}`);
    }
  }
});
