/** Everything that is given texts, files and requests. */
import { AnswerTarget } from "./answer_target.ts";
import { CaptureTarget } from "./capture_target.ts";
import { createCommandTargets } from "./command_target.ts";
import { ControlTarget } from "./control_target.ts";
import { WebTarget } from "./web_target.ts";
import { fuzzInputs, type Input, type InputTarget } from "./input_target.ts";
import { parsers } from "./parsers.ts";
import { TextTarget } from "./text_target.ts";
import type { Finding, FuzzOptions } from "../fuzz.ts";

export interface InputJob {
  readonly name: string;
  readonly outcomes: ReadonlyMap<string, number>;
  fuzz(options: FuzzOptions): Promise<{ next: number; finding?: Finding }>;
}

/** New ones, with nothing counted yet. */
export async function createInputJobs(): Promise<InputJob[]> {
  return [
    ...parsers.map((parser) => jobOf(new TextTarget(parser))),
    ...(await createCommandTargets()).map(jobOf),
    jobOf(new CaptureTarget()),
    jobOf(new ControlTarget()),
    jobOf(new WebTarget()),
    jobOf(new AnswerTarget()),
  ];
}

function jobOf<Each extends Input>(target: InputTarget<Each>): InputJob {
  const { name, outcomes } = target;
  return { name, outcomes, fuzz: (options) => fuzzInputs(target, options) };
}
