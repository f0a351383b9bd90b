import { assertEquals } from "@std/assert";
import { guessProtocol } from "../../src/explain/wire_formats.ts";
import { ntpRequest } from "../../src/protocols/ntp/protocol.ts";
import { ntpReply } from "../support/scripted_server.ts";

Deno.test("guessProtocol distinguishes the protocols", () => {
  const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
  const request = ntpRequest().octets;
  assertEquals(guessProtocol(request, new Uint8Array()), "ntp");
  assertEquals(guessProtocol(new Uint8Array(), ntpReply(request)), "ntp");
  assertEquals(guessProtocol(new Uint8Array(), new Uint8Array(4)), "time");
  // As long as the longest that the client reads as a time; of one more octet it is none.
  assertEquals(guessProtocol(new Uint8Array(), new Uint8Array(8)), "time");
  assertEquals(guessProtocol(new Uint8Array(), new Uint8Array(9)), "asctime");
  assertEquals(guessProtocol(new Uint8Array(), encode("Fri Apr  3 21:09:36 2020")), "asctime");
  assertEquals(guessProtocol(new Uint8Array(), encode("Fri Apr  3 21:09:36 2020\r\n")), "daytime");
});
