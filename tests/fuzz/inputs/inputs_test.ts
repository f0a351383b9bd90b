import { assert, assertEquals } from "@std/assert";
import { describeFinding } from "../fuzz.ts";
import type { Random } from "../random.ts";
import { count, type Problem } from "../target.ts";
import { type Answer, ControlTarget } from "./control_target.ts";
import { fuzzInputs, type InputTarget, judgeError } from "./input_target.ts";
import { createInputJobs, type InputJob } from "./inputs.ts";
import type { Parser } from "./parsers.ts";
import { type WebAnswer, WebTarget } from "./web_target.ts";
import { TextTarget } from "./text_target.ts";
import type { HttpResponse } from "../../../src/http/message.ts";

/** Always the same: a test fails for a change alone. `deno task fuzz` tries another one each time. */
const SEED = 868;

const casesOf = ({ name }: InputJob): number => name.startsWith("text-") ? 1000 : 400;

/** What is never refused. */
const ACCEPTING = ["text-line", "text-suggestion"];

for (const job of await createInputJobs()) {
  Deno.test(`${job.name} does what it promises, whatever it is given`, async () => {
    const { next, finding } = await job.fuzz({ seed: SEED, from: 0, to: casesOf(job) });
    assert(finding === undefined, finding && describeFinding(finding));
    assertEquals(next, casesOf(job));
    const outcomes = [...job.outcomes.keys()].map((outcome) =>
      outcome.replace(/^(?:accepted|200)$/, "read").replace(
        /^(?:exit code \d+|[45]\d\d)$/,
        "refused",
      )
    );
    assertEquals(outcomes.includes("read"), true);
    assertEquals(outcomes.includes("refused"), !ACCEPTING.includes(job.name));
  });
}

class Hostile extends Error {}

const faults: Record<string, [Partial<Parser>, oracle: string]> = {
  "throws an undocumented error": [{
    parse(text): void {
      if (text.includes("7")) throw new Hostile("seven");
    },
  }, "throws documented errors alone"],
  "has the engine's message": [{
    parse(text): void {
      const parts = /^(\d)/.exec(text) as RegExpExecArray;
      try {
        return void parts[1];
      } catch (error) {
        throw new SyntaxError((error as Error).message);
      }
    },
  }, "has messages of its own"],
  "quotes what it was given": [{
    parse(text): void {
      throw new SyntaxError(`Cannot read ${text}`);
    },
  }, "has messages of one line"],
  "has endless messages": [{
    parse(text): void {
      throw new SyntaxError("a".repeat(20 * text.length));
    },
  }, "has messages of one line"],
  "reads wrong": [{ check: (text) => text.includes("-") ? "minus" : undefined }, "reads right"],
};

for (const [name, [fault, oracle]] of Object.entries(faults)) {
  Deno.test(`fuzz finds a parser that ${name}`, async () => {
    const parse = (): void => {};
    const parser: Parser = {
      name: "broken",
      seeds: ["12", "a text"],
      errors: [SyntaxError],
      parse,
      ...fault,
    };
    const { finding } = await fuzzInputs(new TextTarget(parser), { seed: SEED, from: 0, to: 5000 });
    assertEquals(finding?.problem.oracle, oracle);
  });
}

const respond = (status: number, body: unknown): ReturnType<Answer> =>
  Promise.resolve({ status, headers: {}, body: `${JSON.stringify(body)}\n` });

const controlFaults: Record<string, [Answer, oracle: string]> = {
  "admits every client": [() => respond(200, { schema: 1 }), "admits only the right clients"],
  "fails": [() => respond(500, { error: "it failed" }), "knows its errors"],
  "answers as another version": [() => respond(200, { schema: 2 }), "answers as documented"],
  "does not say what is wrong": [() => respond(403, {}), "says what is wrong"],
  "repeats what it was sent": [
    ({ url }) => respond(403, { error: url.pathname + "\x9b" }),
    "answers on one line",
  ],
  "changes what it refuses": [(_request, { time }) => {
    time.set({ rate: 2 });
    return respond(403, { error: "no" });
  }, "changes nothing that it refuses"],
  "shows the engine's message": [
    () => respond(403, { error: "x is not a function" }),
    "has messages of its own",
  ],
};

for (const [name, [answer, oracle]] of Object.entries(controlFaults)) {
  Deno.test(`fuzz finds a control interface that ${name}`, async () => {
    const { finding } = await fuzzInputs(new ControlTarget(answer), {
      seed: SEED,
      from: 0,
      to: 500,
    });
    assertEquals(finding?.problem.oracle, oracle);
  });
}

const webFaults: Record<string, [WebAnswer, oracle: string]> = {
  "shows all of it to all": [
    () => Promise.resolve(webAnswer(200, {})),
    "admits only the right clients",
  ],
  "lets other sites read its status": [
    () => Promise.resolve(webAnswer(404, { "access-control-allow-origin": "*" })),
    "shows nothing to other sites",
  ],
  "breaks down": [() => Promise.resolve(webAnswer(500, {})), "knows its errors"],
  "repeats what it was asked": [
    ({ url }) => Promise.resolve(webAnswer(404, { "x-path": `${url.pathname}\r\nset-cookie: a` })),
    "splits no header",
  ],
};

function webAnswer(status: number, headers: Record<string, string>): HttpResponse {
  return { status, headers: { "x-content-type-options": "nosniff", ...headers }, body: "Text\n" };
}

for (const [name, [answer, oracle]] of Object.entries(webFaults)) {
  Deno.test(`fuzz finds an HTTP interface that ${name}`, async () => {
    const { finding } = await fuzzInputs(new WebTarget(answer), { seed: SEED, from: 0, to: 500 });
    assertEquals(finding?.problem.oracle, oracle);
  });
}

Deno.test("fuzz's finding in an input is found again by its index alone, and is small", async () => {
  const create = (): InputTarget<Uint8Array> => ({
    name: "broken",
    outcomes: new Map(),
    draw: (random: Random) => Uint8Array.from({ length: 50 }, () => random.below(256)),
    judge(input): Problem | undefined {
      count(this.outcomes, "judged");
      const is = input.includes(7) && input.includes(9);
      return is ? { oracle: "has no 7 and 9", detail: `${input.length}` } : undefined;
    },
  });
  const { next, finding } = await fuzzInputs(create(), { seed: SEED, from: 0, to: 5000 });
  assertEquals(finding?.input?.toSorted(), Uint8Array.of(7, 9));
  assertEquals([finding?.index, finding?.problem.detail], [next - 1, "2"]);
  const again = await fuzzInputs(create(), { seed: SEED, from: next - 1, to: next });
  assertEquals(again.finding?.input, finding?.input);
  assertEquals(await fuzzInputs(create(), { seed: SEED, from: 0, to: next - 1 }), {
    next: next - 1,
  });
});

Deno.test("judgeError looks past the words of the input", () => {
  const judge = (message: string, input = ""): string | undefined =>
    judgeError(new SyntaxError(message), [SyntaxError], input)?.oracle;
  assertEquals(judge("Unknown option nan: expected a number", "--NaN"), undefined);
  assertEquals(judge("x is NaN", "x=nul"), "has messages of its own");
  assertEquals(judge("Cannot read properties of null"), "has messages of its own");
  assertEquals(judge('Cannot read "a\u202e"', "a\u202e"), "has messages of one line");
  assertEquals(judge("a".repeat(3000)), "has messages of one line");
});
