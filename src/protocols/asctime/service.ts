import type { Responder } from "../responder.ts";
import { textResponder } from "../text_service.ts";
import { type AsctimeOptions, formatAsctime } from "./format.ts";

export function asctimeResponder({ utc = false }: AsctimeOptions = {}): Responder {
  return textResponder((unixSeconds) => formatAsctime(unixSeconds, { utc }));
}
