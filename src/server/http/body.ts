/** What a request to the control interface brings with it. */
import { Refused } from "./http_error.ts";

/** More than any change or scenario takes. */
const MOST_OCTETS = 64 * 1024;

/** How long a body may take to come. */
const LONGEST_MS = 5000;

/**
 * Has a change say that it is JSON, even where it has nothing to bring: the form of any web page could
 * send a plain text, without a browser asking first.
 *
 * @throws {Refused} If it does not
 */
export function requireJson({ headers }: Request): void {
  const [type = ""] = (headers.get("content-type") ?? "").split(";");
  if (type.trim().toLowerCase() === "application/json") return;
  throw new Refused(415, "Expected the header content-type: application/json");
}

/**
 * Reads a body of JSON.
 *
 * @param request The request
 * @param stopping Ends the wait for a body that does not come
 * @throws {Refused} If it is no JSON, too long or too slow
 */
export async function readJson(request: Request, stopping: AbortSignal): Promise<unknown> {
  return parse(await readText(request, stopping));
}

/**
 * Has a request bring nothing: what it brought was meant to be heeded.
 *
 * @param request The request
 * @param stopping Ends the wait for a body that does not come
 * @throws {Refused} If there is more than an empty object in its body
 */
export async function requireNothing(request: Request, stopping: AbortSignal): Promise<void> {
  const text = await readText(request, stopping);
  const json = text.trim() === "" ? {} : parse(text);
  if (JSON.stringify(json) === "{}") return;
  throw new Refused(400, `Nothing is to be said with it: expected no body, or {}`);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Refused(400, `Cannot read the JSON: ${(error as Error).message}`);
  }
}

async function readText(request: Request, stopping: AbortSignal): Promise<string> {
  const ended = AbortSignal.any([stopping, AbortSignal.timeout(LONGEST_MS)]);
  const reader = request.body?.getReader();
  if (reader === undefined) return "";
  const { promise: late, reject } = Promise.withResolvers<never>();
  const giveUp = (): void => reject(new Refused(408, "The request took too long"));
  ended.addEventListener("abort", giveUp);
  late.catch(() => {});
  const decoder = new TextDecoder();
  let [text, octets] = ["", 0];
  try {
    while (true) {
      const { done, value } = await Promise.race([reader.read(), late]);
      if (done) return text + decoder.decode();
      octets += value.length;
      if (octets > MOST_OCTETS) throw new Refused(413, `Expected ${MOST_OCTETS} octets at most`);
      text += decoder.decode(value, { stream: true });
    }
  } catch (error) {
    reader.cancel().catch(() => {});
    throw error;
  } finally {
    ended.removeEventListener("abort", giveUp);
  }
}
