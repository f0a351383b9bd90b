import type { Responder } from "../responder.ts";
import { textResponder } from "../text_service.ts";
import { type AsctimeOptions, formatAsctime } from "./format.ts";

/** The asctime service: answers every datagram with the time of its arrival. */
export function asctimeResponder(options: AsctimeOptions = {}): Responder {
  return textResponder((unixSeconds) => formatAsctime(unixSeconds, options));
}
