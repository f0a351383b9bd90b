/** JSON objects whose mistakes are found by line and key. */
import { evaluate, type MemberNode, type ObjectNode, parse } from "@humanwhocodes/momoa";
import { suggest } from "../text/suggest.ts";

/** What a key may hold. */
export interface Shape {
  /** In words. */
  readonly expected: string;
  readonly accepts: (value: unknown) => boolean;
}

/** What the keys of an object may hold. */
export type Shapes<Options> = Readonly<Record<keyof Options & string, Shape>>;

export const text: Shape = { expected: "a text", accepts: (value) => typeof value === "string" };

export const number: Shape = {
  expected: "a number",
  accepts: (value) => typeof value === "number",
};

export const flag: Shape = {
  expected: "true or false",
  accepts: (value) => typeof value === "boolean",
};

export const object: Shape = {
  expected: "an object",
  accepts: (value) => typeof value === "object" && value !== null && !Array.isArray(value),
};

export const texts: Shape = {
  expected: "a list of texts",
  accepts: (value) => Array.isArray(value) && value.every(text.accepts),
};

export const textOrNumber: Shape = {
  expected: "a text or a number",
  accepts: (value) => text.accepts(value) || number.accepts(value),
};

export const whole32: Shape = {
  expected: "a whole number, 0 to 4294967295",
  accepts: (value) => Number.isInteger(value) && Number(value) >= 0 && Number(value) < 2 ** 32,
};

/** One of some texts. */
export function oneOf(...values: readonly string[]): Shape {
  return { expected: values.join(", "), accepts: (value) => values.includes(value as string) };
}

/** A place in a file: its name, and the keys that lead there. */
interface Place {
  readonly file: string;
  readonly path: readonly string[];
}

/**
 * Reads a text that is a JSON object.
 *
 * @param json The text
 * @param file What it is called in messages
 * @throws {SyntaxError} If it is none
 */
export function readJsonObject(json: string, file: string): JsonObject {
  const { body } = parseJson(json, file);
  if (body.type !== "Object") throw new SyntaxError(`${file}:1: expected an object in braces`);
  return new JsonObject(body, { file, path: [] });
}

function parseJson(json: string, file: string): ReturnType<typeof parse> {
  try {
    return parse(json, { mode: "json" });
  } catch (cause) {
    // "Unexpected end of input found. (1:1)"
    const { message } = cause as Error;
    const [, problem = message, line = "1"] = /^(.*?)(?: found)?\.? \((\d+):\d+\)$/.exec(message) ??
      [];
    throw new SyntaxError(`${file}:${line}: ${problem}`, { cause });
  }
}

/** The keys of an object, with what they hold. */
export type Entries<Name extends string = string> = ReadonlyMap<Name, JsonEntry>;

/** An object, at its place. */
export class JsonObject {
  readonly #node: ObjectNode;
  readonly #place: Place;

  constructor(node: ObjectNode, place: Place) {
    this.#node = node;
    this.#place = place;
  }

  /**
   * What it holds, if that is nothing but what it may hold.
   *
   * @throws {SyntaxError} If a key is not known, or holds something else
   */
  as<Name extends string>(shapes: Readonly<Record<Name, Shape>>): Entries<Name> {
    return this.#entries((name): Shape | string => {
      return Object.hasOwn(shapes, name)
        ? shapes[name as Name]
        : `unknown key, ${suggest(name, Object.keys(shapes))}`;
    }) as Entries<Name>;
  }

  /**
   * What it holds, where any key is known.
   *
   * @throws {SyntaxError} If one holds something else
   */
  asEach(shape: Shape = { expected: "a value", accepts: () => true }): Entries {
    return this.#entries(() => shape);
  }

  #entries(shapeOf: (name: string) => Shape | string): Entries {
    const entries = new Map<string, JsonEntry>();
    for (const node of this.#node.members) {
      const name = node.name.type === "String" ? node.name.value : node.name.name;
      const path = [...this.#place.path, name];
      const entry = new JsonEntry(node, { ...this.#place, path });
      const shape = shapeOf(name);
      if (typeof shape === "string") throw entry.error(shape);
      if (entries.has(name)) throw entry.error("is there twice");
      if (!shape.accepts(entry.value)) {
        throw entry.error(`is ${JSON.stringify(entry.value)}, expected ${shape.expected}`);
      }
      entries.set(name, entry);
    }
    return entries;
  }
}

/** What one key holds. */
export class JsonEntry {
  /** As JavaScript has it. */
  readonly value: unknown;
  readonly #node: MemberNode;
  readonly #place: Place;

  constructor(node: MemberNode, place: Place) {
    this.#node = node;
    this.#place = place;
    this.value = evaluate(node.value);
  }

  /** The same as an object, for those who know that it is one. */
  get object(): JsonObject {
    return new JsonObject(this.#node.value as ObjectNode, this.#place);
  }

  /**
   * Has its value looked at.
   *
   * @param look Throws a `SyntaxError` or `RangeError` if something is wrong with it
   * @throws {SyntaxError} What is wrong with it, and where
   */
  check(look: (value: unknown) => void): void {
    try {
      look(this.value);
    } catch (error) {
      const isMistake = error instanceof SyntaxError || error instanceof RangeError;
      if (!isMistake || error instanceof PlacedError) throw error;
      throw (this.#named(error.message) ?? this).error(error.message);
    }
  }

  /** The key inside that a message is about, as `unknown key "evry"` or `every is 0`. */
  #named(message: string): JsonEntry | undefined {
    if (this.#node.value.type !== "Object") return undefined;
    const inside = [...this.object.asEach()];
    return inside.find(([name]) =>
      message.includes(`key "${name}"`) || message.includes(`: ${name} is `)
    )?.[1];
  }

  /** What is wrong with it, and where. */
  error(problem: string): SyntaxError {
    const { file, path } = this.#place;
    return new PlacedError(`${file}:${this.#node.loc.start.line}: ${path.join(".")}: ${problem}`);
  }
}

/** An error that says already where it is. */
class PlacedError extends SyntaxError {}
