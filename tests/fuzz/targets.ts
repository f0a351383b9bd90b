/** Everything that is fuzzed without a socket. */
import { readers, ReaderTarget } from "./reader_target.ts";
import { ResponderTarget } from "./responder_target.ts";
import { services } from "./services.ts";
import type { Target } from "./target.ts";

/** New ones, with nothing counted yet. */
export function createTargets(): Target[] {
  return [
    ...services.map((service) => new ResponderTarget(service)),
    ...readers.map((reader) => new ReaderTarget(reader)),
  ];
}
