/** The oracles can fail: responders and readers that are broken on purpose are found out. */
import { assertEquals } from "@std/assert";
import { field } from "../../src/protocols/ntp/packet.ts";
import { DecodeError } from "../../src/protocols/decode_error.ts";
import type { Responder, ServedExchange } from "../../src/protocols/responder.ts";
import { respondOnce } from "../support/services.ts";
import { SWEEP } from "./cases.ts";
import { describeFinding, type Finding, fuzz } from "./fuzz.ts";
import { type Reader, ReaderTarget } from "./reader_target.ts";
import { ResponderTarget } from "./responder_target.ts";
import { type Service, services, type World } from "./services.ts";
import type { Target } from "./target.ts";

const SEED = 868;
const CASES = 20_000;

function findIn(target: Target): Finding {
  const { finding } = fuzz(target, { seed: SEED, from: SWEEP, to: SWEEP + CASES });
  if (finding === undefined) throw new Error(`${target.name}: nothing was found`);
  return finding;
}

type Respond = (
  request: Uint8Array,
  reply: Uint8Array,
  exchange: ServedExchange,
) => ReturnType<Responder["respond"]>;

/** A service with a fault: what its responder does is done, and then something wrong. */
function broken(name: string, fault: (respond: Respond, world: World) => Respond): Service {
  const service = services.find((each) => each.name === name);
  if (service === undefined) throw new Error(`There is no service ${name}`);
  return {
    ...service,
    name: `broken ${name}`,
    create(world): Responder {
      const responder = service.create(world);
      const respond = fault(
        (request, reply, exchange) =>
          respondOnce(responder, { ...exchange, request, reply }, world.departure),
        world,
      );
      return { respond: (exchange) => respond(exchange.request, exchange.reply, exchange) };
    },
  };
}

/** A fault that comes after the answer, where there is one. */
const after =
  (spoil: (...args: Parameters<Respond>) => void) => (respond: Respond): Respond => (...args) => {
    const length = respond(...args);
    if (typeof length === "number" && length > 0) spoil(...args);
    return length;
  };

/** A fault in one octet of a reply. */
const flip = (at: number, bits: number): (respond: Respond) => Respond =>
  after((_request, reply) => void (reply[at] = (reply[at] as number) ^ bits));

let calls = 0;

const faults: Record<string, [service: string, Parameters<typeof broken>[1], oracle: string]> = {
  "throws on a length": ["ntp", (respond) => (request, ...rest) => {
    if (request.length === 76) throw new TypeError("76 octets");
    return respond(request, ...rest);
  }, "never throws"],
  "returns a promise": ["time", (respond) => async (...args) => {
    return await respond(...args);
  }, "never waits"],
  "returns half an octet": ["time", (respond) => (...args) => {
    return Number(respond(...args)) + 0.5;
  }, "returns a whole number"],
  "returns more than a reply may have": ["asctime", (respond) => (request, ...rest) => {
    return request.length > 1232 ? request.length : respond(request, ...rest);
  }, "keeps to the allowed length"],
  "answers with more than was asked": ["ntp", (respond) => (...args) => {
    const length = Number(respond(...args));
    return length > 0 ? length + 4 : length;
  }, "answers right"],
  "answers whatever follows the header": ["ntp", (respond) => (request, ...rest) => {
    return respond(request.length % 4 === 0 ? request.subarray(0, 48) : request, ...rest);
  }, "answers right"],
  "pads a time": ["time", (respond) => (...args) => {
    const length = Number(respond(...args));
    return length > 0 ? 8 : length;
  }, "answers right"],
  "writes past its end": [
    "ntp",
    after((_request, reply) => void (reply[48] = 0)),
    "writes within its length",
  ],
  "writes before its beginning": [
    "asctime",
    after((_request, reply) => void (new Uint8Array(reply.buffer)[reply.byteOffset - 1] = 0)),
    "writes within its length",
  ],
  "writes though it refuses": ["ntp", (respond) => (request, reply, ...rest) => {
    const length = respond(request, reply, ...rest);
    if (length === -2) reply[0] = 0;
    return length;
  }, "writes within its length"],
  "changes the request": [
    "auto",
    after((request) => request.fill(0, 0, 1)),
    "leaves the request alone",
  ],
  "remembers what was asked": ["asctime", (respond) => (request, reply, ...rest) => {
    const length = Number(respond(request, reply, ...rest));
    if (length > 0) reply[0] = 0x41 + calls++ % 26;
    return length;
  }, "answers the same to the same"],
  "refuses for an unknown cause": ["ntp", (respond) => (...args) => {
    const length = Number(respond(...args));
    return length === -2 ? -99 : length;
  }, "refuses for a cause of its own"],
  "calls a right clock unsynchronised": ["time", () => () => -6, "refuses for a cause of its own"],
  "refuses clients of version 1": ["ntp", (respond) => (request, ...rest) => {
    return (request[0] as number) >> 3 === 1 ? -2 : respond(request, ...rest);
  }, "answers a plain request"],
  "answers answers": ["daytime-ctime", (respond) => (request, ...rest) => {
    return Number(respond(request.length > 20 ? new Uint8Array() : request, ...rest));
  }, "gets no answer to its answer"],
  "echoes": ["auto", (respond) => (request, reply, ...rest) => {
    const length = Number(respond(request, reply, ...rest));
    return length === -2 ? (reply.set(request.subarray(0, 24)), 24) : length;
  }, "answers right"],
  "is off by a second": ["daytime-iso8601", flip(18, 1), "answers right"],
  "names another month": ["asctime", flip(5, 1), "answers right"],
  "names another offset": ["daytime-iso8601", flip(21, 1), "answers right"],
  "ends no line": ["daytime-rfc1123", flip(31, 1), "answers right"],
  "is off by a second in 4 octets": ["time", flip(3, 1), "answers right"],
  "has another leap indicator": ["ntp", flip(field.flags, 0x40), "answers right"],
  "has another version": ["ntp", flip(field.flags, 0x08), "answers right"],
  "answers in mode 3": ["ntp", flip(field.flags, 0x07), "answers right"],
  "has another stratum": ["ntp", flip(field.stratum, 1), "answers right"],
  "has another poll": ["ntp", flip(field.poll, 1), "answers right"],
  "has another precision": ["ntp", flip(field.precision, 1), "answers right"],
  "has another reference id": ["ntp", flip(field.referenceId + 3, 1), "answers right"],
  "loses a bit of the origin": ["ntp", flip(field.originTimestamp + 7, 1), "answers right"],
  "is off by two seconds": ["ntp", flip(field.receiveTimestamp + 3, 2), "answers right"],
  "leaves two seconds later": ["ntp", flip(field.transmitTimestamp + 3, 2), "answers right"],
  "leaves as it comes": [
    "ntp",
    after((_request, reply) => reply.copyWithin(field.transmitTimestamp, 32, 40)),
    "answers right",
  ],
  "has no reference": ["ntp", after((_request, reply) => reply.fill(0, 16, 24)), "answers right"],
};

for (const [name, [service, fault, oracle]] of Object.entries(faults)) {
  Deno.test(`fuzz finds a responder that ${name}`, () => {
    const finding = findIn(new ResponderTarget(broken(service, fault)));
    assertEquals(finding.problem.oracle, oracle, describeFinding(finding));
  });
}

const readerFaults: Record<string, [Reader["read"], oracle: string]> = {
  "throws something else": [(octets) => {
    throw octets.length === 48 ? new RangeError("48 octets") : new DecodeError("no", octets);
  }, "throws a DecodeError alone"],
  "changes what it reads": [(octets) => {
    octets.fill(1);
    return undefined;
  }, "leaves the reply alone"],
  "shows what it read": [(octets) => {
    throw Object.assign(new DecodeError("no", octets), { message: "\x1b[2J" });
  }, "escapes"],
};

for (const [name, [read, oracle]] of Object.entries(readerFaults)) {
  Deno.test(`fuzz finds a reader that ${name}`, () => {
    const reader: Reader = { name: "broken", protocol: "time", read };
    assertEquals(findIn(new ReaderTarget(reader)).problem.oracle, oracle);
  });
}

Deno.test("fuzz's finding is found again by its index alone, and is small", () => {
  const fault = (respond: Respond): Respond => (request, ...rest) => {
    if (request[2] === 0x80 && request.length > 52) throw new Error("bad luck");
    return respond(request, ...rest);
  };
  const create = (): Target => new ResponderTarget(broken("asctime", fault));
  const { index, input, problem } = findIn(create());
  assertEquals(input?.length, 53);
  assertEquals(input?.filter((octet) => octet !== 0), Uint8Array.of(0x80));
  const again = fuzz(create(), { seed: SEED, from: index, to: index + 1 });
  assertEquals([again.finding?.input, again.finding?.problem], [input, problem]);
  const before = fuzz(create(), { seed: SEED, from: SWEEP, to: index });
  assertEquals(before.finding, undefined);
});

Deno.test("fuzz has nothing against what is not broken", () => {
  const target = new ResponderTarget(broken("asctime", (respond) => respond));
  const { next, finding } = fuzz(target, { seed: SEED, from: SWEEP, to: SWEEP + 1000 });
  assertEquals([next, finding], [SWEEP + 1000, undefined]);
});
