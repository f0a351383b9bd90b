/** The functions that parse texts, each given texts that are almost right. */
import type { Random } from "../random.ts";
import { count, type Problem } from "../target.ts";
import { type InputTarget, judgeError } from "./input_target.ts";
import type { Parser } from "./parsers.ts";
import { drawJson, drawText } from "./texts.ts";

export class TextTarget implements InputTarget<string> {
  readonly name: string;
  readonly outcomes = new Map<string, number>();
  readonly #parser: Parser;

  constructor(parser: Parser) {
    this.name = `text-${parser.name}`;
    this.#parser = parser;
  }

  draw(random: Random): string {
    const { seeds, isJson } = this.#parser;
    return isJson && random.below(2) === 0 ? drawJson(random, seeds) : drawText(random, seeds);
  }

  judge(text: string): Problem | undefined {
    const { parse, check, errors } = this.#parser;
    try {
      const detail = check ? check(text) : void parse(text);
      if (detail !== undefined) return { oracle: "reads right", detail };
    } catch (error) {
      count(this.outcomes, "refused");
      return judgeError(error, errors, text);
    }
    count(this.outcomes, "read");
    return undefined;
  }
}
