import { assertEquals } from "@std/assert";
import * as timesrv from "../mod.ts";

Deno.test("mod.ts exports what is promised, no more", () => {
  assertEquals(Object.keys(timesrv).toSorted(), [
    "DecodeError",
    "ListenError",
    "QueryError",
    "REPLY_CAPACITY",
    "REQUEST_CAPACITY",
    "ServerLog",
    "check",
    "checkExitCodes",
    "compare",
    "connectDatagram",
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
    "parseLeapSeconds",
    "parseTime",
    "query",
    "refusal",
    "refusalCauses",
    "sample",
    "serve",
    "systemClock",
    "transports",
    "validate",
    "wait",
    "watch",
  ]);
});
