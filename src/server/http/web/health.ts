/** Whether a server is alive and ready, for containers and load balancers, in the form of Kubernetes. */
import { type HttpResponse, textResponse } from "../../../http/message.ts";
import type { ControlledServer } from "../call.ts";
import type { WebRoute, WebRoutes } from "./route.ts";

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
        const checks = Object.entries(checkReadiness(subject));
        const problems = checks.flatMap(([, problem]) => problem ?? []);
        const isReady = problems.length === 0;
        const lines = parameters.has("verbose")
          ? checks.map(([name, problem]) =>
            problem === undefined ? `[+]${name} ok` : `[-]${name}: ${problem}`
          )
          : problems;
        const text = [...lines, ...isReady ? ["ok"] : [], ""].join("\n");
        return textResponse(isReady ? 200 : 503, text);
      },
    },
  },
};

/**
 * Checks what makes a server ready, and finds the problem of each that fails: every listener replies, and its clock is
 * synchronised. A simulated clock is ready; lost upstream servers are no reason to restart it.
 */
function checkReadiness(
  { isAnswering, time }: ControlledServer,
): Readonly<Record<"listeners" | "clock", string | undefined>> {
  return {
    listeners: isAnswering() ? undefined : "not every listener replies",
    clock: time.look().status.leap === 3 ? "the clock is not synchronised" : undefined,
  };
}
