/** The JSON output of the programs, checked against its schemas in docs/. */
import { assert } from "@std/assert";
import { Ajv2020 } from "ajv";
import timecli from "../../docs/timecli.schema.json" with { type: "json" };
import explain from "../../docs/timecli_explain.schema.json" with { type: "json" };

const commands = ["compare", "check", "wait", "watch", "bench", "control"] as const;
const paths = ["served_time", "history", "tick", "news"] as const;

/** A command whose `--json` has a schema, or a response of the HTTP interface. */
export type Command =
  | "timecli"
  | "explain"
  | "explain list"
  | (typeof commands | typeof paths)[number];

const refs = {
  timecli: timecli.$id,
  ...Object.fromEntries(
    [...commands, ...paths].map((name) => [name, `${timecli.$id}#/$defs/${name}`]),
  ),
  explain: explain.$id,
  "explain list": `${explain.$id}#/$defs/list`,
};

const published = compile([timecli, explain], {});
const strict = compile(
  [timecli, explain].map((schema) => ({ ...closed(schema), unevaluatedProperties: undefined })),
  { unevaluatedProperties: false },
);

type Validators = Readonly<Record<Command, ReturnType<Ajv2020["compile"]>>>;

function compile(schemas: readonly object[], more: object): Validators {
  const ajv = new Ajv2020({
    strict: true,
    strictRequired: false,
    strictTypes: false,
    allErrors: true,
    schemas: schemas.map((schema) => JSON.parse(JSON.stringify(schema))),
  });
  const of = ([command, $ref]: [string, string]): [string, unknown] => [
    command,
    ajv.compile({ $ref, ...more }),
  ];
  return Object.fromEntries(Object.entries(refs).map(of)) as Validators;
}

/** A schema whose objects have no keys but those it describes: readers may ignore others. */
function closed<T>(schema: T): T {
  if (Array.isArray(schema)) return schema.map(closed) as T;
  if (schema === null || typeof schema !== "object") return schema;
  const inner = Object.entries(schema).map(([key, value]) => [key, closed(value)]);
  const isObject = "type" in schema && schema.type === "object";
  return { ...Object.fromEntries(inner), ...(isObject && { unevaluatedProperties: false }) };
}

/** Whether a value is valid by a command's schema, and has no undocumented keys. */
export function isDocumented(value: unknown, of: Command = "timecli"): boolean {
  return published[of](value) === true && strict[of](value) === true;
}

/**
 * Fails with the errors of a value by a command's schema, and with keys that it does not document;
 * and if the schema would not have noticed that a key has another name, or minded one more.
 */
export function assertDocumented(value: unknown, of: Command = "timecli"): void {
  for (const isValid of [published[of], strict[of]]) {
    assert(isValid(value), `${JSON.stringify(isValid.errors)} of ${JSON.stringify(value)}`);
  }
  for (const [object, key] of keysIn(value)) {
    const { [key]: kept } = object;
    delete object[key];
    object[`${key}_`] = kept;
    assert(!isDocumented(value, of), `${key} may have another name`);
    object[key] = kept;
    assert(published[of](value), `No key may be added beside ${key}`);
    delete object[`${key}_`];
  }
}

/** Every key in a value, and its object, but those that users name. */
function* keysIn(value: unknown): Generator<[object: Record<string, unknown>, key: string]> {
  if (Array.isArray(value)) { for (const each of value) yield* keysIn(each); }
  else if (value !== null && typeof value === "object") {
    for (const [key, inner] of Object.entries(value)) {
      yield [value as Record<string, unknown>, key];
      if (key !== "faults") yield* keysIn(inner);
    }
  }
}
