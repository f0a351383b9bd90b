import { parseJson } from "../../text/json.ts";
import { HttpError } from "./http_error.ts";

/** More than any change or scenario needs. */
const MAX_OCTETS = 64 * 1024;

/** The time for a whole body to arrive. */
const MAX_MS = 5000;

/**
 * Reads a body of JSON.
 *
 * @param stopping Ends the wait for a body that does not arrive
 * @throws {HttpError} If it is not JSON, also by its content type, too long or too slow
 */
export async function readJson(request: Request, stopping: AbortSignal): Promise<unknown> {
  return parse(await readText(request, stopping));
}

/**
 * Requires an empty body or `{}`: ignoring another one would hide a mistake.
 *
 * @param stopping Ends the wait for a body that does not arrive
 * @throws {HttpError} If there is more in it, or as {@linkcode readJson} does
 */
export async function requireNothing(request: Request, stopping: AbortSignal): Promise<void> {
  const text = await readText(request, stopping);
  const json = text.trim() === "" ? {} : parse(text);
  if (JSON.stringify(json) === "{}") return;
  throw new HttpError(400, `This request must have no body: expected none, or {}`);
}

function parse(text: string): unknown {
  try {
    return parseJson(text);
  } catch (error) {
    throw new HttpError(400, `Cannot read the JSON: ${(error as Error).message}`);
  }
}

async function readText(request: Request, stopping: AbortSignal): Promise<string> {
  const type = request.headers.get("content-type")?.split(";")[0]?.trim().toLowerCase();
  const isJson = type === "application/json";
  const requireJson = (): void => {
    if (!isJson) throw new HttpError(415, "Expected the header content-type: application/json");
  };
  // The form of any web page could send another type, without a preflight request.
  if (type !== undefined) requireJson();
  const ended = AbortSignal.any([stopping, AbortSignal.timeout(MAX_MS)]);
  const reader = request.body?.getReader();
  if (reader === undefined) return "";
  const { promise: late, reject } = Promise.withResolvers<never>();
  const abort = (): void => reject(new HttpError(408, "The request took too long"));
  ended.addEventListener("abort", abort);
  late.catch(() => {});
  const decoder = new TextDecoder();
  let [text, octets] = ["", 0];
  try {
    while (true) {
      const { done, value } = await Promise.race([reader.read(), late]);
      if (done) return text + decoder.decode();
      octets += value.length;
      if (octets > 0) requireJson();
      if (octets > MAX_OCTETS) throw new HttpError(413, `Expected ${MAX_OCTETS} octets at most`);
      text += decoder.decode(value, { stream: true });
    }
  } catch (error) {
    reader.cancel().catch(() => {});
    throw error;
  } finally {
    ended.removeEventListener("abort", abort);
  }
}
