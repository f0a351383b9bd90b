import { assert, assertEquals } from "@std/assert";
import { query } from "../../src/client/query.ts";
import { QueryError } from "../../src/protocols/failure.ts";
import { scriptedServer } from "../support/scripted_server.ts";

/** The most a UDP datagram carries over IPv4. */
const LARGEST = 65_507;

/** A datagram as large as can be, of one text over and over between two others. */
function longText(filling: string, start = "", end = ""): Uint8Array {
  const octets = new TextEncoder().encode(
    start + filling.repeat((LARGEST - start.length - end.length) / filling.length) + end,
  );
  assert(octets.length > LARGEST - filling.length);
  return octets;
}

const NIST = "58942 20-04-03 19:09:36 00 0 0 ";

const longTexts: readonly Uint8Array[] = [
  ...["\n", "\r", "\0", " ", "\r\n"].flatMap((blank) => [
    longText(blank),
    longText(blank, "", "x"),
    longText(blank, "x", "x"),
    longText(blank, "Fri Apr  3 21:09:36 2020", "x"),
  ]),
  ...["UTC(", "UTC()", "UTC())", "UTC(x) ", "UTC"].map((filling) => longText(filling, NIST)),
  // Lines that would be times, were there an end to them.
  longText("x", NIST + "50.0 UTC(", ") *"),
  longText("0", NIST, " UTC(NIST) *"),
  longText("a", "A", ", April 3, 2020 21:09:36-UTC"),
  longText("l", "Friday, Apri", " 3, 2020 21:09:36-UTC"),
  longText("Z", "3 APR 2020 21:09:36 "),
  longText("0", "2020-04-03T21:09:36."),
  longText("+", "2020-04-03T21:09:36"),
];

// Some milliseconds each; in quadratic time it would be as many seconds, and the test would not end within
// the limit of every test.
for (const protocol of ["asctime", "daytime"] as const) {
  Deno.test(`query is soon done with the longest ${protocol} text, whatever is in it`, async () => {
    for (const octets of longTexts) {
      await using server = scriptedServer((socket, from) => socket.send(octets, from), protocol);
      const error = await query(server.url).catch((error) => error);
      assert(error instanceof QueryError, String(error));
      assertEquals(error.reason, "not_a_time");
      assert(error.message.length < 400, error.message);
    }
  });
}

Deno.test("query reads a text that fills the rest of a large buffer with zeros", async () => {
  const octets = new Uint8Array(LARGEST);
  new TextEncoder().encodeInto("Fri Apr  3 21:09:36 2020\n", octets);
  for (const protocol of ["asctime", "daytime"] as const) {
    await using server = scriptedServer((socket, from) => socket.send(octets, from), protocol);
    assertEquals((await query(server.url)).text, "Fri Apr  3 21:09:36 2020");
  }
});
