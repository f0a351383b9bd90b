import { parseJson } from "../../text/json.ts";
import { HttpError, type HttpRequest } from "../../http/message.ts";

/** More than any change or scenario needs. */
const MAX_OCTETS = 64 * 1024;

/**
 * Reads a body of JSON.
 *
 * @throws {HttpError} If it is not JSON, also by its content type, or too long
 */
export async function readJson(request: HttpRequest): Promise<unknown> {
  return parse(await readJsonText(request));
}

/**
 * Requires an empty body or `{}`: ignoring another one would hide a mistake.
 *
 * @throws {HttpError} If there is more in it, or as {@linkcode readJson} does
 */
export async function requireNothing(request: HttpRequest): Promise<void> {
  const text = await readJsonText(request);
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

async function readJsonText(request: HttpRequest): Promise<string> {
  const type = request.headers.get("content-type")?.split(";")[0]?.trim().toLowerCase();
  const requireJson = (): void => {
    if (type === "application/json") return;
    throw new HttpError(415, "Expected the header content-type: application/json");
  };
  // The form of any web page could send another type, without a preflight request.
  if (type !== undefined) requireJson();
  return await readText(request, MAX_OCTETS, requireJson);
}

/**
 * Reads a body as text.
 *
 * @param check Called for each part
 * @throws {HttpError} If it is longer than this many octets, or the check fails
 */
export async function readText(
  { headers, body }: Pick<HttpRequest, "headers" | "body">,
  max: number,
  check?: () => void,
): Promise<string> {
  const requireShort = (octets: number): void => {
    if (octets > max) throw new HttpError(413, `Expected ${max} octets at most`);
  };
  requireShort(Number(headers.get("content-length")));
  const decoder = new TextDecoder();
  let [text, octets] = ["", 0];
  for await (const part of body) {
    check?.();
    octets += part.length;
    requireShort(octets);
    text += decoder.decode(part, { stream: true });
  }
  return text + decoder.decode();
}
