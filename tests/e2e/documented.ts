import { assert, assertEquals } from "@std/assert";
import { Ajv2020 } from "ajv";
import schema from "../../docs/timecli.schema.json" with { type: "json" };

const ajv = new Ajv2020({
  strict: true,
  strictRequired: false,
  strictTypes: false,
  allErrors: true,
});
/** Whether an object is what docs/timecli.schema.json describes. */
export const isValid = ajv.compile(schema);

/** Fails with what is wrong with a value by the schema, and with keys that it does not document. */
export function assertDocumented(value: Record<string, unknown>): void {
  assert(isValid(value), `${JSON.stringify(isValid.errors)} of ${JSON.stringify(value)}`);
  const unknown = Object.keys(value).filter((key) => !Object.hasOwn(schema.properties, key));
  assertEquals(unknown, []);
}
