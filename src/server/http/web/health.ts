/** Whether a server is alive and ready, for containers and load balancers. */
import type { ControlledServer } from "../call.ts";
import type { WebRoute, WebRoutes } from "./route.ts";
import { type HttpResponse, textResponse } from "../../../http/message.ts";

/** One condition of readiness. */
interface Check {
  readonly name: string;
  readonly isGood: boolean;
  readonly problem: string;
}

/**
 * What makes a server ready: every listener replies, and its clock is synchronised. A simulated clock is ready; lost
 * upstream servers are no reason to restart it.
 */
export function readiness({ isAnswering, time }: ControlledServer): readonly Check[] {
  return [
    { name: "listeners", isGood: isAnswering(), problem: "not every listener replies" },
    {
      name: "clock",
      isGood: time.look().status.leap !== 3,
      problem: "the clock is not synchronised",
    },
  ];
}

/** The response in the form of Kubernetes: `ok`, or what is wrong; with `verbose` each check on a line. */
export function formatHealth(
  checks: readonly Check[],
  isVerbose: boolean,
): { readonly status: 200 | 503; readonly text: string } {
  const bad = checks.filter(({ isGood }) => !isGood);
  const status = bad.length === 0 ? 200 : 503;
  const lines = isVerbose
    ? checks.map(({ name, isGood, problem }) => isGood ? `[+]${name} ok` : `[-]${name}: ${problem}`)
    : bad.map(({ problem }) => problem);
  if (status === 200) lines.push("ok");
  return { status, text: `${lines.join("\n")}\n` };
}

const alive: WebRoute = {
  part: "health",
  isPublic: true,
  parameters: ["verbose"],
  methods: { GET: () => textResponse(200, "ok\n") },
};

export const healthRoutes: WebRoutes = {
  "/healthz": alive,
  "/livez": alive,
  "/readyz": {
    ...alive,
    methods: {
      GET({ subject, parameters }): HttpResponse {
        const { status, text } = formatHealth(readiness(subject), parameters.has("verbose"));
        return textResponse(status, text);
      },
    },
  },
};
