import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import type { FaultsOptions } from "../../../src/server/faults/options.ts";
import { readFaults, withUnits } from "../../../src/server/faults/rules.ts";
import {
  addFault,
  addNamedFault,
  formatFaults,
  mergeFaults,
  parseFault,
} from "../../../src/server/faults/text.ts";

Deno.test("mergeFaults adds the faults of both, those of one kind one after the other", () => {
  const cases:
    readonly (readonly [FaultsOptions | undefined, FaultsOptions | undefined, unknown])[] = [
      [undefined, undefined, undefined],
      [{ drop: 0.3 }, undefined, { drop: 0.3 }],
      [undefined, {}, {}],
      [{ drop: 0.3 }, { delay: { time: "1s" } }, { drop: 0.3, delay: { time: "1s" } }],
      [{ drop: 0.3 }, { drop: [{ every: 3 }, { every: 5 }] }, {
        drop: [{ probability: 0.3 }, { every: 3 }, { every: 5 }],
      }],
    ];
  for (const [first, second, expected] of cases) {
    assertEquals(mergeFaults(first, second), expected);
  }
});

Deno.test("parseFault reads an object", () => {
  const cases: readonly (readonly [string, string, object])[] = [
    ["drop", "", {}],
    ["drop", "0.3", { probability: 0.3 }],
    ["drop", "probability=0.3", { probability: 0.3 }],
    ["drop", "after=10,every=3", { after: 10, every: 3 }],
    ["duplicate", "0.5,copies=3", { probability: 0.5, copies: 3 }],
    ["delay", "50ms", { time: "50ms" }],
    ["kiss", "DENY,probability=0.5", { code: "DENY", probability: 0.5 }],
    ["stratum", "1", { value: 1 }],
    ["refid", "1", { value: "1" }],
    ["distance", "20s,delay=1", { dispersion: "20s", delay: "1" }],
    ["timestamps", "zero, field=receive", { value: "zero", field: "receive" }],
    ["origin", "clients=10.0.0.0/8,clients=::1", { clients: ["10.0.0.0/8", "::1"] }],
    [
      "delay",
      "50ms,jitter=10ms,distribution=normal,every=3,from=30s,to=60s,clients=10.0.0.0/8",
      {
        time: "50ms",
        jitter: "10ms",
        distribution: "normal",
        every: 3,
        from: "30s",
        to: "60s",
        clients: ["10.0.0.0/8"],
      },
    ],
  ];
  for (const [name, text, expected] of cases) {
    assertEquals(parseFault(name, text), expected, `${name}=${text}`);
  }
});

Deno.test("addFault keeps earlier faults, including those of its kind", () => {
  const texts = [["drop", "0.3"], ["delay", "1s"], ["drop", "every=2"], ["drop", "every=5"]];
  const start: FaultsOptions = { kiss: 0.5 };
  const options = texts.reduce((sum, [name = "", text = ""]) => addFault(sum, name, text), start);
  assertEquals(options, {
    kiss: 0.5,
    drop: [{ probability: 0.3 }, { every: 2 }, { every: 5 }],
    delay: { time: "1s" },
  });
  assertEquals(addFault(start, "kiss", "DENY"), { kiss: [{ probability: 0.5 }, { code: "DENY" }] });
});

Deno.test("formatFaults writes what addNamedFault reads", () => {
  const texts = [
    ...["drop", "drop=0.3", "drop,every=2,after=5", "delay=50ms,jitter=10ms,distribution=normal"],
    ...["kiss=DENY,probability=0.5", "stratum=1", "origin=1,clients=10.0.0.0/8,clients=::1"],
  ];
  for (const text of texts) assertEquals(formatFaults(addNamedFault({}, text)), [text]);
  const options = texts.reduce(addNamedFault, {});
  const written = formatFaults(options);
  assertEquals(written.toSorted(), texts.toSorted());
  assertEquals(written.reduce(addNamedFault, {}), options);
  assertEquals(formatFaults({ drop: 0.5, kiss: [] }), ["drop=0.5"]);
});

Deno.test("parseFault reports what is wrong", () => {
  const cases: readonly (readonly [string, string, string])[] = [
    ["dorp", "0.3", 'Unknown fault "dorp": did you mean drop?'],
    ["loss", "0.3", 'Unknown fault "loss": expected unsynchronized, kiss, '],
    ["toString", "", 'Unknown fault "toString": expected '],
    ["drop", "1.5", 'faults.drop.probability is "1.5", expected a number, 0 to 1'],
    ["drop", "-0.1", 'faults.drop.probability is "-0.1", expected a number, 0 to 1'],
    ["drop", "often", 'probability is "often", expected a number, 0 to 1'],
    ["drop", "0.3,0.4", '"0.4" has no name, expected such as after=10'],
    ["drop", "0.3,probability=1", "probability is given twice"],
    ["drop", "0.3,", '"" has no name'],
    ["drop", "evry=3", 'Unknown faults.drop option "evry": did you mean every?'],
    [
      "drop",
      "constructor=3",
      'Unknown faults.drop option "constructor": expected probability, after,',
    ],
    ["drop", "every=0", 'every is "0", expected a whole number, 1 to 4294967295'],
    ["drop", "from=60s,to=30s", "to is not after from"],
    ["drop", "from=soon", 'from is "soon", expected a duration up to 366d'],
    ["drop", "clients=10.0.0.0/33", 'clients is ["10.0.0.0/33"], expected networks such as'],
    ["delay", "", "faults.delay.time is missing, expected a duration up to 1h"],
    ["delay", "2h", 'time is "2h", expected a duration up to 1h'],
    ["delay", "-1s", 'time is "-1s", expected a duration up to 1h'],
    ["delay", "1s,distribution=gaussian", 'is "gaussian", expected uniform, normal or pareto'],
    ["delay", "1s,distribution=normal", "jitter is missing, which normal needs"],
    ["delay", "1s,path=both", 'path is "both", expected request or reply'],
    ["kiss", "rate", 'code is "rate", expected 1 to 4 capital letters and digits, such as RATE'],
    ["stratum", "256", 'value is "256", expected a whole number, 0 to 255'],
    ["leapbits", "4", 'value is "4", expected none, insert, delete or unsynchronized'],
    ["refid", "", "value is missing, expected 1 to 4 ASCII characters, or an IPv4 address"],
    ["refid", "TOOLONG", 'value is "TOOLONG", expected 1 to 4 ASCII characters'],
    ["distance", "", "dispersion and delay are missing, expected one of them at least"],
    ["truncate", "length=0", 'length is "0", expected a whole number, 1 to 1232'],
    ["unsynchronized", "16", 'probability is "16", expected a number, 0 to 1'],
  ];
  for (const [name, text, message] of cases) {
    const error = assertThrows(() => parseFault(name, text), Error);
    assertStringIncludes(error.message, message, `${name}=${text}`);
    assertEquals(/\n|\.$/.test(error.message), false, error.message);
  }
});

Deno.test("options that no type checker has seen are refused, too", () => {
  const cases: readonly (readonly [unknown, string])[] = [
    [null, "Cannot read faults: expected an object"],
    [["drop"], "Cannot read faults: expected an object"],
    [{ drop: "0.3" }, 'faults.drop is "0.3", expected a probability or an object'],
    [{ drop: null }, "faults.drop is null, expected a probability or an object"],
    [{ drop: [[0.3]] }, "faults.drop is [0.3], expected a probability or an object"],
    [{ drop: NaN }, "probability is NaN, expected a number, 0 to 1"],
    [{ drop: { probability: "0.3" } }, 'probability is "0.3", expected a number'],
    [{ drop: { clients: [] } }, "clients is [], expected networks"],
    [{ drop: { clients: [7] } }, "clients is [7], expected networks"],
    [{ stratum: { value: 1.5 } }, "value is 1.5, expected a whole number"],
    [{ delay: 0.3 }, "time is missing"],
    [{ delay: { time: {} } }, "time is {}, expected a duration"],
    [JSON.parse('{"__proto__":{"drop":1}}'), 'Unknown fault "__proto__"'],
  ];
  for (const [options, message] of cases) {
    const error = assertThrows(() => readFaults(options as FaultsOptions, 0), Error);
    assertStringIncludes(error.message, message);
  }
});

Deno.test("a duration is a text or a Temporal.Duration, in JSON also a number of seconds", () => {
  for (const time of ["1500ms", "1.5", "PT1.5S", Temporal.Duration.from({ milliseconds: 1500 })]) {
    const [rule] = readFaults({ delay: { time, path: "request" } }, 0);
    assertEquals(rule?.effect.requestDelayMs?.(() => 0.5), 1500);
  }
  const json = {
    drop: 0.5,
    delay: [{ time: 0.05, jitter: 1e-7, every: 2 }, 7],
    reorder: { time: 0 },
  };
  assertThrows(
    () => readFaults(json as never, 0),
    TypeError,
    "faults.delay.time is 0.05, expected a",
  );
  assertEquals(withUnits(json), {
    drop: 0.5,
    delay: [{ time: "0.05s", jitter: "0.0000001s", every: 2 }, 7],
    reorder: { time: "0s" },
  } as never);
  for (const other of [null, 5, [], "drop"]) assertEquals(withUnits(other), other as never);
});
