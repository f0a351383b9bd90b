/** The limit of every test: an event that does not come is a failure, not a run without an end. */

/** The factor of every limit, above 1 on a machine that is emulated. */
export const slowness = Number(await readVariable("TIMESRV_TEST_SLOWNESS") ?? 1);

/** Reads a variable of the environment, if it may be read. */
export async function readVariable(variable: string): Promise<string | undefined> {
  const { state } = await Deno.permissions.query({ name: "env", variable });
  return state === "granted" ? Deno.env.get(variable) : undefined;
}

/** Programs are started, compiled and installed elsewhere than in the tests of a unit. */
const isSlow = /\/(e2e|interop|scripts|soak)\/|_native_test\.ts$/.test(Deno.mainModule);

/** Far more than any test needs on a busy machine: each wait has a shorter limit of its own. */
const LIMIT_SECONDS = (isSlow ? 600 : 40) * slowness;

let timer: number | undefined;

Deno.test.beforeEach(() => {
  timer = setTimeout(() => {
    throw new Error(`The test did not end within ${LIMIT_SECONDS} s`);
  }, LIMIT_SECONDS * 1000) as unknown as number;
  Deno.unrefTimer(timer);
});

Deno.test.afterEach(() => clearTimeout(timer));
