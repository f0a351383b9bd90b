import type { QueryFailure } from "../protocols/failure.ts";
import type { Explanation, SeenExchange, TestVerdict } from "./explanation.ts";

/** What a reply failed. */
export interface Failure {
  readonly reason: QueryFailure;
  /** A whole sentence. */
  readonly message: string;
  /** The same in a few words, beside the name of the test. */
  readonly detail: string;
  /** Why no test after it can be made; without it, they can. */
  readonly leaves?: string | undefined;
}

/** A test by its name and the document that asks for it. */
type NamedTest = Pick<TestVerdict, "name" | "source">;

/** Tests in order: the first that fails decides, and those after it are made if they can be. */
export class Tests {
  readonly #verdicts: TestVerdict[] = [];
  #failure: Failure | undefined;
  #end: string | undefined;

  /** That the reply came from whom was asked, which all protocols ask for. */
  testSender({ isFromAsked, protocol }: SeenExchange): void {
    const source = protocol === "ntp" ? "RFC 5905 §9.2" : "in no document";
    const test = { name: "it came from the address and port asked", source };
    if (isFromAsked === undefined) this.skip(test, "octets do not tell");
    else {
      this.test(test, () =>
        isFromAsked ? undefined : {
          reason: "bogus-reply",
          message: "The reply came from somebody who was not asked",
          detail: "it came from another",
        });
    }
  }

  /** Makes a test, unless there is nothing left to be tested. */
  test(test: NamedTest, failureOf: () => Failure | undefined): void {
    if (this.#end !== undefined) return this.skip(test, this.#end);
    const { name, source } = test;
    const failure = failureOf();
    this.#failure ??= failure;
    this.#end = failure?.leaves;
    this.#verdicts.push(
      failure
        ? { name, source, result: "failed", detail: failure.detail }
        : { name, source, result: "passed" },
    );
  }

  /** Says why a test cannot be made. */
  skip({ name, source }: NamedTest, why: string): void {
    this.#verdicts.push({ name, source, result: "unknown", detail: this.#end ?? why });
  }

  /** Says why none can be made from now on. */
  end(why: string): void {
    this.#end ??= why;
  }

  /** Whether all tests so far were passed, or could not be made. */
  get isGood(): boolean {
    return this.#failure === undefined;
  }

  /** What came of them. */
  get outcome(): Pick<Explanation, "tests" | "failure"> {
    if (!this.#failure) return { tests: this.#verdicts };
    const { reason, message } = this.#failure;
    return { tests: this.#verdicts, failure: { reason, message } };
  }
}
