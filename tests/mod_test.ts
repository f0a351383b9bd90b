import { assertEquals } from "@std/assert";
import * as explain from "../src/explain/mod.ts";
import * as load from "../src/load/mod.ts";
import * as measure from "../src/client/mod.ts";
import * as protocols from "../src/protocols/mod.ts";
import * as testing from "../src/server/mod.ts";
import * as timesrv from "../mod.ts";
import { where } from "./support/needs.ts";

/** The values of each entry of the library; types leave no trace here. */
const entries: readonly (readonly [name: string, module: object, values: readonly string[]])[] = [
  ["@timesrv/timesrv", timesrv, [
    "ListenError",
    "QueryError",
    "ServerLog",
    "SymmetricKeys",
    "connectDatagram",
    "httpParts",
    "keyExchangeOutcomes",
    "keyTypes",
    "logIntervals",
    "parseKeys",
    "query",
    "queryFailures",
    "sample",
    "serve",
    "systemClock",
    "transports",
    "upstreamStates",
    "validate",
    "watch",
  ]],
  ["@timesrv/timesrv/measure", measure, [
    "RunningStatistics",
    "check",
    "checkExitCodes",
    "compare",
    "wait",
  ]],
  ["@timesrv/timesrv/testing", testing, [
    "control",
    "parseLeapSeconds",
    "parseScenario",
    "scenarios",
  ]],
  ["@timesrv/timesrv/protocols", protocols, [
    "DecodeError",
    "REPLY_CAPACITY",
    "REQUEST_CAPACITY",
    "daytimeFormats",
    "decodeNtpPacket",
    "defaultPorts",
    "encodeNtpPacket",
    "formatAsctime",
    "formatDaytime",
    "formatEndpoint",
    "parseAsctime",
    "parseDaytime",
    "parseEndpoint",
    "parseTime",
    "refusal",
    "refusalCauses",
  ]],
  ["@timesrv/timesrv/explain", explain, [
    "CaptureError",
    "exchangesOf",
    "explain",
    "fromCapture",
    "guessProtocol",
    "readCapture",
    "readExchanges",
    "recordExchange",
  ]],
  ["@timesrv/timesrv/load", load, ["load"]],
];

const files = [
  "mod.ts",
  ...["client", "server", "protocols", "explain"].map((room) => `src/${room}/mod.ts`),
];

const isHeaded =
  "every exported name of a long entry is under a heading of its module documentation";

Deno.test(
  await where({ permissions: [{ name: "read" }] }, isHeaded, async () => {
    for (const file of files) {
      const text = await Deno.readTextFile(new URL(`../${file}`, import.meta.url));
      const [documentation = "", code = ""] = text.split("*/\n", 2);
      const names = [...code.matchAll(/export (?:type )?\{([^}]*)\}/g)].flatMap(([, list = ""]) =>
        list.split(",").map((name) => name.trim().replace("type ", "")).filter((name) =>
          name !== ""
        )
      );
      const headed = documentation.slice(
        documentation.indexOf("\n * ## "),
        documentation.indexOf("@example"),
      );
      const listed = [...headed.matchAll(/\{@linkcode (\w+)\}/g)].map(([, name]) => name);
      assertEquals(listed.toSorted(), names.toSorted(), file);
    }
  }),
);

for (const [name, module, values] of entries) {
  Deno.test(`${name} exports what is promised, no more`, () => {
    assertEquals(Object.keys(module).toSorted(), values);
  });
}
