import { assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  daytimeFormats,
  daytimeResponder,
  formatDaytime,
} from "../../../src/protocols/daytime/service.ts";
import { check } from "../../support/property.ts";
import {
  answer,
  ask,
  NOW,
  octetsOf,
  STATUS,
  UNSYNCHRONIZED_STATUS,
} from "../../support/services.ts";

Deno.test("daytimeResponder answers whatever is in a request with one line", () => {
  for (const format of daytimeFormats) {
    const responder = daytimeResponder({ format, utc: true });
    const line = octetsOf(formatDaytime(NOW.seconds, { format, utc: true }, STATUS.leap));
    check(
      fc.property(fc.uint8Array({ maxLength: 2048 }), (request) => {
        assertEquals(answer(responder, request), line);
      }),
      200,
    );
  }
});

Deno.test("daytimeResponder follows clock and leap, and is silent when not synchronised", () => {
  let status = STATUS;
  const responder = daytimeResponder({ format: "nist" });
  const said = (seconds: number): string => {
    const reply = ask(responder, octetsOf(""), {
      at: { seconds, nanoseconds: 999_999_999 },
      status,
    });
    return typeof reply === "string" ? reply : new TextDecoder().decode(reply).slice(16, 31);
  };
  assertEquals(said(59), "00:00:59 00 1 0");
  assertEquals(said(58), "00:00:58 00 1 0");
  status = { ...STATUS, leap: 2 };
  assertEquals(said(58), "00:00:58 00 2 0");
  status = UNSYNCHRONIZED_STATUS;
  assertEquals(said(58), "unsynchronized");
  status = { ...STATUS, leap: 0 };
  assertEquals(said(253_402_300_800), "00:00:00 00 0 0");
});
