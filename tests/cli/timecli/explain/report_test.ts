import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import fc from "fast-check";
import {
  explanationToJson,
  formatExplanation,
  type Paint,
} from "../../../../src/cli/timecli/explain/report.ts";
import { parseHex } from "../../../../src/cli/timecli/explain/input.ts";
import { explain } from "../../../../src/explain/explain.ts";
import { ntpRequest } from "../../../../src/protocols/ntp/protocol.ts";
import { assertDocumented, isDocumented } from "../../../support/documented.ts";
import { ntpReply } from "../../../support/scripted_server.ts";
import { check } from "../../../support/property.ts";
import { UsageError } from "../../../../src/cli/shared/errors.ts";

const plain: Paint = { bold: String, dim: String, good: String, bad: String };
const at = Temporal.Instant.from("2026-11-22T18:00:00Z");

function shown(
  protocol: "asctime" | "daytime" | "time" | "ntp",
  request: Uint8Array,
  reply: Uint8Array,
  isTimed = true,
): string {
  const explanation = explain({
    protocol,
    request,
    reply,
    localPrecision: -20,
    pivot: at,
    ...(isTimed && { times: { sentAt: at, receivedAt: at.add({ milliseconds: 3 }) } }),
  });
  const title = "a capture of a long name, exchange 1 of 100: [2001:db8::1]:40000 and somebody";
  return formatExplanation({ title, explanation }, plain);
}

Deno.test("formatExplanation keeps to 80 columns, whatever the octets", () => {
  const octets = fc.uint8Array({ maxLength: 150 });
  const protocol = fc.constantFrom("asctime", "daytime", "time", "ntp");
  check(fc.property(protocol, octets, octets, fc.boolean(), (protocol, request, reply, isTimed) => {
    for (const line of shown(protocol, request, reply, isTimed).split("\n")) {
      assert(line.length <= 80, line);
      assertEquals(line, line.trimEnd());
    }
  }));
  // Clocks that are a lifetime apart have the longest numbers.
  const request = ntpRequest().octets;
  const far = {
    receiveTimestamp: 1n,
    transmitTimestamp: 1n << 62n,
    rootDelay: 65_535,
    precision: 127,
  };
  for (const line of shown("ntp", request, ntpReply(request, far)).split("\n")) {
    assert(line.length <= 80, line);
  }
});

Deno.test("formatExplanation cuts what is too long to be looked at", () => {
  const text = shown("daytime", new Uint8Array(), new Uint8Array(65_000).fill(0x41));
  assert(text.split("\n").length < 30);
  assertMatch(text, /… 64936 more/);
});

Deno.test("formatExplanation draws the four times and works them out", () => {
  const request = ntpRequest().octets;
  const reply = ntpReply(request, {
    receiveTimestamp: 0xeeadac20_80000000n,
    transmitTimestamp: 0xeeadac20_80100000n,
  });
  const text = shown("ntp", request, reply);
  assertMatch(text, /^ {2}T1 {2}18:00:00\.000000000 +o-+ request -+>o T2 {2}18:00:00\.500000000$/m);
  assertMatch(text, /^ +3\.000 ms +\| +\| 244\.1 µs$/m);
  assertMatch(text, /^ {2}T4 {2}18:00:00\.003000000 +o<-+ reply -+o T3 {2}18:00:00\.500244141$/m);
  assertMatch(text, /= \(\+0\.500000000 \+ 0\.497244141\) \/ 2\n +. \+0\.498622070: .* behind$/m);
  assertMatch(text, /= \+0\.002755859, on the network$/m);
  const untimed = shown("ntp", request, reply, false);
  assertMatch(untimed, /T1 {2}not known/);
  assertEquals(untimed.includes("Calculation"), false);
});

Deno.test("formatExplanation draws the other protocols, and computes the offset of Time", () => {
  const empty = new Uint8Array();
  // 18:00:02 on the day of the request at 18:00:00.
  const time = shown("time", empty, Uint8Array.fromHex("eeadac22"));
  assertMatch(time, /^ {2}T1 {2}18:00:00\.000000000 +o-+ request -+>o\n +3\.000 ms +\| +\|$/m);
  assertMatch(time, /^ {2}T4 {2}18:00:00\.003000000 +o<-+ reply -+o T3 {2}18:00:02\.000000000$/m);
  assertMatch(time, /= \+2\.000000000 - 0\.001500000\n += \+1\.998500000: .* behind$/m);
  assertMatch(time, /= 0\.001500000 \+ 1\.010000000\n += 1\.011500000$/m);
  const text = shown("asctime", empty, new TextEncoder().encode("Sun Nov 22 18:00:02 2026"));
  assertMatch(text, /^ {2}T4 {2}18:00:00\.003000000 +o<-+ reply -+o$/m);
  assertEquals(text.includes("Calculation"), false);
});

Deno.test("explanationToJson is as documented, whatever the octets", () => {
  const protocol = fc.constantFrom("asctime", "daytime", "time", "ntp");
  const replies = fc.uint8Array({ maxLength: 100 }).map((octets) => ({ request: octets, octets }));
  const good = fc.constant(ntpRequest().octets)
    .map((request) => ({ request, octets: ntpReply(request, { referenceTimestamp: 1n }) }));
  check(fc.property(protocol, fc.oneof(replies, good), fc.boolean(), (protocol, each, isTimed) => {
    const explanation = explain({
      protocol,
      request: each.request,
      reply: each.octets,
      localPrecision: -20,
      pivot: at,
      ...(isTimed && { times: { sentAt: at, receivedAt: at.add({ milliseconds: 3 }) } }),
    });
    const json = JSON.parse(JSON.stringify(explanationToJson({ title: "x", explanation })));
    assert(isDocumented(json, "explain"), JSON.stringify(json));
  }));
});

Deno.test("explanationToJson has everything as data", () => {
  const reply = Uint8Array.fromHex("83aa7e81");
  const explanation = explain({
    protocol: "time",
    request: new Uint8Array(),
    reply,
    localPrecision: -20,
    pivot: at,
  });
  const json = explanationToJson({ title: "x", explanation });
  assertDocumented(JSON.parse(JSON.stringify(json)), "explain");
  assertEquals(json, {
    schema: 1,
    seen: "x",
    protocol: "time",
    request: { fields: [] },
    reply: {
      fields: [{
        name: "Seconds since 1900",
        offset: 0,
        length: 4,
        hex: "83aa7e81",
        meaning: "2208988801 = 1970-01-01T00:00:01Z",
      }],
    },
    tests: [...explanation.tests],
    times: { t3: "1970-01-01T00:00:01.000000000Z" },
  });
});

Deno.test("parseHex reads octets as programs print them, and reports errors in others", () => {
  const { request, reply } = parseHex(" 54 69:6D\n65 / 0x83aa7E80 ");
  assertEquals(new TextDecoder().decode(request), "Time");
  assertEquals(reply, new Uint8Array([0x83, 0xaa, 0x7e, 0x80]));
  for (
    const [text, problem] of [
      ["23", "/ between"],
      ["1/2/3", "/ between"],
      ["123/", "request in --hex has an odd number of digits, 3"],
      ["/\u{1f600}", "not a digit"],
      ["/0g", '"g"'],
    ] as const
  ) {
    assertThrows(() => parseHex(text), UsageError, problem);
  }
});
