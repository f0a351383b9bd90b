import { assertEquals, assertThrows } from "@std/assert";
import {
  duration,
  type Field,
  FieldError,
  flag,
  flagOr,
  list,
  number,
  oneOf,
  passed,
  positive,
  seconds,
  text,
  whole,
} from "../../src/options/field.ts";
import { findOption, parseOption, pickOptions, readOptions } from "../../src/options/read.ts";

const row = { name: "x-y", help: "for tests" };

/** Values that a field accepts as a text and as a value, and those that it refuses, with the class of error. */
const table: readonly [
  Field,
  texts: readonly (readonly [string, unknown])[],
  values: readonly unknown[],
  refused: readonly (readonly [unknown, isRange: boolean | "type"])[],
][] = [
  [
    whole(1, 15, row),
    [["1", 1], ["15", 15], [" 7 ", 7]],
    [1, 15],
    [[0, true], [16, true], [2.5, true], [NaN, true], ["7", false], ["", false], [null, false]],
  ],
  [
    number(0, 1, row),
    [["0", 0], ["0.25", 0.25], ["1e-3", 0.001]],
    [0, 1],
    [[-0.1, true], [1.1, true], [Infinity, true], ["x", false], [true, false]],
  ],
  [
    positive(10, row),
    [["10", 10], ["0.5", 0.5], ["5e-324", 5e-324]],
    [0.1, 10],
    [[0, true], [-0.1, true], [10.1, true], [NaN, true], [Infinity, true], ["1", false]],
  ],
  [
    whole(3, Infinity, row),
    [["3", 3], ["1e300", 1e300]],
    [3],
    [[2, true], [3.5, true], [Infinity, true], [[], false]],
  ],
  [oneOf(["auto", "fixed"], row), [["auto", "auto"]], ["fixed"], [["Auto", false], [1, false]]],
  [
    flag(row),
    [
      ...["", "1", "true", "yes", "on"].map((word) => [word, true] as const),
      ...["0", "false", "no", "off"].map((word) => [word, false] as const),
    ],
    [true, false],
    [["maybe", false], [1, false], ["true", false], [null, false]],
  ],
  [
    flagOr(whole(1, 15, row), row),
    [["", true], ["on", true], ["off", false], ["1", 1], ["15", 15]],
    [true, false, 8],
    [[0, true], [16, true], ["8", false], ["x", false], [null, false]],
  ],
  [
    duration("1ms", "1h", row),
    [["90", "90"], ["1h", "1h"], ["250ms", "250ms"], ["1ms", "1ms"]],
    ["PT1M", Temporal.Duration.from("PT1M")],
    [
      ["1h1ns", true],
      ["0.999999ms", true],
      [Temporal.Duration.from({ hours: 2 }), true],
      ["soon", false],
      [Temporal.Duration.from({ months: 1 }), false],
      [5, "type"],
      [null, false],
    ],
  ],
  [
    list(whole(1, 9, row), 2),
    [["5", [5]]],
    [[], [1, 2]],
    [[[1, 2, 3], true], [[0], true], [["1"], false], [1, false], [{ length: 1 }, false]],
  ],
];

Deno.test("a field states what it accepts, and what help and JSON need to know", () => {
  const unit = { ...row, unit: "seconds" };
  const stated: readonly (readonly [Field, expected: string])[] = [
    [whole(1, 15, row), "a whole number, 1 to 15"],
    [whole(3, Infinity, row), "a whole number, 3 or more"],
    [number(0, 1, row), "a number, 0 to 1"],
    [number(0, 1, unit), "seconds, 0 to 1"],
    [positive(10, row), "a number above 0, up to 10"],
    [positive(10, unit), "seconds above 0, up to 10"],
    [oneOf(["auto", "fixed"], row), "auto or fixed"],
    [flag(row), "true or false"],
    [duration("0", "1h", row), "a duration from 0 to 1h, such as 2s, 500ms or 1h30m"],
    [list(whole(1, 9, row)), "a list, each of it a whole number, 1 to 9"],
  ];
  for (const [field, expected] of stated) {
    assertEquals([field.name, field.expected], ["x-y", expected]);
    assertEquals(field.isNumber ?? false, /number|seconds/.test(expected), expected);
    assertEquals(field.isRepeatable ?? false, expected.startsWith("a list"));
    const { message } = assertThrows(() => field.read(Symbol()), FieldError);
    assertEquals(message, `expected ${expected}`);
  }
  assertEquals(oneOf(["auto", "fixed"], row).choices, ["auto", "fixed"]);
  const many = list(whole(1, 9, row), 2);
  assertThrows(() => many.read([1, 2, 3]), FieldError, "expected 2 at most");
});

Deno.test("a field passes on errors that are no refusals", () => {
  const broken = text("a text", () => {
    throw new TypeError("broken");
  }, row);
  assertThrows(() => broken.read("x"), TypeError, "broken");
  for (const Refusal of [SyntaxError, RangeError]) {
    const strict = text("a better text", () => {
      throw new Refusal("no");
    }, row);
    assertThrows(() => strict.read("x"), FieldError, "expected a better text");
  }
  assertThrows(() => text("a text", () => {}, row).read(5), FieldError, "expected a text");
});

Deno.test("a field reads what it accepts as a text and as a value, and refuses all else", () => {
  for (const [field, texts, values, refused] of table) {
    for (const [given, value] of texts) assertEquals(field.parse(given), value, given);
    for (const value of values) assertEquals(field.read(value), value);
    for (const [given, isRange] of refused) {
      const error = assertThrows(() => field.read(given), FieldError, "expected ");
      const Failure = isRange === "type" ? TypeError : isRange ? RangeError : SyntaxError;
      assertEquals(error.Failure, Failure, `${field.expected}: ${JSON.stringify(given)}`);
    }
  }
});

const fields = {
  stratum: whole(1, 15, { name: "stratum", help: "distance" }),
  rootDelay: number(0, 65_535, { name: "root-delay", help: "delay", unit: "seconds" }),
  id: text("a text of digits", (id) => {
    if (!/^\d+$/.test(id)) throw new FieldError("expected a text of digits");
  }, { name: "id", help: "digits" }),
};

Deno.test("readOptions reads what is given, and names what is wrong", () => {
  assertEquals(readOptions(fields, { stratum: 3, rootDelay: undefined }, "status"), { stratum: 3 });
  const wrong: readonly (readonly [unknown, new () => Error, message: string])[] = [
    [{ stratum: 0 }, RangeError, "status.stratum is 0, expected a whole number, 1 to 15"],
    [{ stratum: "3" }, SyntaxError, 'status.stratum is "3", expected a whole number, 1 to 15'],
    [{ rootDelay: -1 }, RangeError, "status.rootDelay is -1, expected seconds, 0 to 65535"],
    [{ id: "x" }, SyntaxError, 'status.id is "x", expected a text of digits'],
    [{ startum: 1 }, SyntaxError, 'Unknown status option "startum": did you mean stratum?'],
    [{ toString: 1 }, SyntaxError, "expected stratum, rootDelay or id"],
    [null, TypeError, "status is null, expected an object"],
    [[], TypeError, "status is [], expected an object"],
  ];
  for (const [given, type, message] of wrong) {
    assertThrows(() => readOptions(fields, given, "status"), type, message);
  }
});

Deno.test("readOptions reads JSON with keys in snake_case, and numbers of seconds", () => {
  const timed = { ...fields, maxWait: duration("0s", "1h", { name: "max-wait", help: "" }) };
  const read = (json: object): object => readOptions(timed, json, "status", "json");
  assertEquals(read({ root_delay: 2, max_wait: 1.5 }), { rootDelay: 2, maxWait: "1.5s" });
  assertEquals(read({ max_wait: 100 }), { maxWait: "100s" });
  assertThrows(() => read({ rootDelay: 2 }), SyntaxError, "did you mean root_delay?");
  assertThrows(() => read({ max_wait: 3601 }), RangeError, "status.max_wait is 3601, expected a");
  assertThrows(
    () => readOptions(timed, { maxWait: 1.5 }, "status"),
    TypeError,
    'status.maxWait is 1.5, expected a length of time with its unit, such as "2s", or a Temporal',
  );
});

Deno.test("seconds() reads a duration as seconds; passed() passes anything on", () => {
  const { read, parse } = seconds("1s", "1h");
  const given = ["1", "1h", "PT1M", "1.5s", Temporal.Duration.from({ minutes: 2 })];
  assertEquals(given.map(read), [1, 3600, 60, 1.5, 120]);
  assertEquals(parse("1500ms"), 1.5);
  for (const value of ["0s", "3601s"]) assertThrows(() => read(value), FieldError, "1s to 1h");
  const values = [null, "x".repeat(1e5), 5, {}];
  assertEquals(values.map(passed().read), values);
});

Deno.test("no text reaches a pattern that is longer than its option allows", () => {
  const seen: number[] = [];
  const look = (given: string): void => {
    seen.push(given.length);
  };
  const usual = text("a text", look, row);
  const long = list(text("a text", look, { ...row, maxLength: 4096 }));
  for (const read of [usual.read, usual.parse]) {
    read("x".repeat(256));
    const error = assertThrows(() => read("x".repeat(257)), FieldError);
    assertEquals([error.message, error.Failure], ["expected at most 256 characters", SyntaxError]);
  }
  long.parse("x".repeat(4096));
  assertThrows(() => long.parse("x".repeat(4097)), FieldError, "at most 4096 characters");
  assertThrows(() => long.read(["x".repeat(4097)]), FieldError, "at most 4096 characters");
  assertEquals(seen, [256, 256, 4096]);
  assertThrows(() => whole(0, 9, row).parse(" ".repeat(1e6)), FieldError, "at most 256");
  const name = "n".repeat(200);
  const error = assertThrows(() => readOptions({ [name]: usual }, { [name]: 1 }, "a"), SyntaxError);
  assertEquals(error.message, `a.${"n".repeat(97)}… is 1, expected a text`);
});

Deno.test("an option is found by its name in command lines, and a text of it by that name too", () => {
  assertEquals(findOption(fields, "root-delay")?.key, "rootDelay");
  assertEquals(findOption(fields, "rootDelay"), undefined);
  assertThrows(
    () => parseOption(fields.rootDelay, "long"),
    SyntaxError,
    'root-delay is "long", expected seconds, 0 to 65535',
  );
  const token = text("16 letters", (given) => {
    if (given.length !== 16) throw new RangeError();
  }, { ...row, isSecret: true });
  const error = assertThrows(() => parseOption(token, "hunter2"), SyntaxError);
  assertEquals(error.message, "x-y is not accepted, expected 16 letters");
});

Deno.test("pickOptions picks the values of its own options that are set", () => {
  const values = { stratum: 3, rootDelay: undefined, id: 0 as unknown, other: 1 };
  assertEquals(pickOptions(fields, values), { stratum: 3, id: 0 } as never);
  assertEquals(Object.keys(pickOptions(fields, values)), ["stratum", "id"]);
});

Deno.test("parseOption names the option as the caller does, and throws only what readers expect", () => {
  assertThrows(
    () => parseOption(fields.stratum, "16", "--stratum"),
    RangeError,
    '--stratum is "16", expected a whole number, 1 to 15',
  );
  assertEquals(parseOption(fields.stratum, "15", "--stratum"), 15);
  const broken = text("a text", () => {
    throw new TypeError("broken");
  }, row);
  assertThrows(() => parseOption(broken, "x"), TypeError, "broken");
});
