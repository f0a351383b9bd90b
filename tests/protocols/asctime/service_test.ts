import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { asctimeResponder } from "../../../src/protocols/asctime/service.ts";
import { daytimeFormats, daytimeResponder } from "../../../src/protocols/daytime/service.ts";
import { REPLY_CAPACITY } from "../../../src/protocols/responder.ts";
import { check } from "../../support/property.ts";
import { answer, ask, builtIn, exchangeOf, octetsOf } from "../../support/services.ts";

const arrival = { seconds: 1_585_948_176, nanoseconds: 0 };
const text = "Fri Apr  3 21:09:36 2020";

Deno.test("asctimeResponder answers whatever is in a request", () => {
  const responder = asctimeResponder({ utc: true });
  const reply = new Uint8Array(REPLY_CAPACITY);
  check(fc.property(fc.uint8Array({ maxLength: 2048 }), (request) => {
    reply.fill(0xff);
    const length = responder.respond(exchangeOf(request, reply, { at: arrival }));
    assertEquals(new TextDecoder().decode(reply.subarray(0, length as number)), text);
    assertEquals(reply[length as number], 0xff, "nothing is written past the length");
  }));
});

Deno.test("asctimeResponder follows the clock from request to request, backwards too", () => {
  const responder = asctimeResponder({ utc: true });
  const reply = new Uint8Array(REPLY_CAPACITY);
  const answerAt = (seconds: number): string => {
    const length = responder.respond(
      exchangeOf(new Uint8Array(), reply, { at: { seconds, nanoseconds: 0 } }),
    );
    return new TextDecoder().decode(reply.subarray(0, length as number));
  };
  assertEquals(answerAt(arrival.seconds), text);
  assertEquals(answerAt(arrival.seconds + 1), "Fri Apr  3 21:09:37 2020");
  assertEquals(answerAt(arrival.seconds), text);
  assertEquals(answerAt(253_402_300_800), "Sat Jan  1 00:00:00 10000");
  assertEquals(answerAt(arrival.seconds), text);
});

Deno.test("asctimeResponder and daytimeResponder are silent beyond a Date's years", () => {
  const responders = [
    ...[asctimeResponder(), asctimeResponder({ utc: true })],
    ...daytimeFormats.map((format) => daytimeResponder({ format })),
  ];
  for (const responder of responders) {
    for (const seconds of [8.64e12 - 86_400, 86_400 - 8.64e12]) {
      answer(responder, octetsOf("x"), { at: { seconds, nanoseconds: 0 } });
    }
    for (const seconds of [8.64e12, -8.64e12, 2 ** 53, -(2 ** 53)]) {
      const at = { seconds, nanoseconds: 0 };
      for (const request of ["", "x", "Fri Apr  3 21:09:36 2020"]) {
        assertEquals(ask(responder, octetsOf(request), { at }), "declined");
      }
    }
  }
});

Deno.test("the asctime service never answers its own reply", () => {
  const responder = builtIn("asctime");
  for (const end of ["", "\n", "\r\n", "\n\0"]) {
    assertEquals(ask(responder, octetsOf(text + end), { at: arrival }), "looks_like_a_reply");
  }
});
