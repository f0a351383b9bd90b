import type { QueryFailure } from "../query_error.ts";
import type { Explanation, SeenExchange, TestVerdict } from "./explanation.ts";

/** What a reply failed. */
export interface Failure {
  readonly reason: QueryFailure;
  /** A whole sentence. */
  readonly message: string;
  /** The same in a few words, beside the name of the test. */
  readonly detail: string;
}

/** Why a test was not made: one before it has failed. */
export const NOT_REACHED = "not reached";

/** A test by its name and the document that asks for it. */
type NamedTest = Pick<TestVerdict, "name" | "source">;

/** Tests in order, of which none is made any more once one has failed. */
export class Tests {
  readonly #verdicts: TestVerdict[] = [];
  #failure: Failure | undefined;

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

  /** Makes a test, unless one before it has failed. */
  test({ name, source }: NamedTest, failureOf: () => Failure | undefined): void {
    if (this.#failure) return this.skip({ name, source }, NOT_REACHED);
    this.#failure = failureOf();
    this.#verdicts.push(
      this.#failure
        ? { name, source, result: "failed", detail: this.#failure.detail }
        : { name, source, result: "passed" },
    );
  }

  /** Says why a test cannot be made. */
  skip({ name, source }: NamedTest, why: string): void {
    const detail = this.#failure ? NOT_REACHED : why;
    this.#verdicts.push({ name, source, result: "unknown", detail });
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
