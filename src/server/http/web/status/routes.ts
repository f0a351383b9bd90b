/** What the status page reads: the state, the clients, the history, and events as they happen. */
import { CONTROL_SCHEMA } from "../../../../client/control_api.ts";
import { clientsQueryFields } from "../../../../client/clients_query.ts";
import { quote } from "../../../../text/json.ts";
import { suggest } from "../../../../text/suggest.ts";
import { maskClients, readClientsQuery } from "../../clients.ts";
import type { WebCall, WebRoutes } from "../route.ts";
import { historySpans, type Span } from "./history.ts";
import { HttpError, type HttpResponse, jsonResponse } from "../../../../http/message.ts";

const look = { part: "page", isPublic: false } as const;

export const statusRoutes: WebRoutes = {
  "/state": {
    ...look,
    parameters: [],
    methods: { GET: ({ dashboard }): HttpResponse => json(dashboard().state) },
  },
  "/clients": {
    ...look,
    parameters: Object.values(clientsQueryFields).map(({ name }) => name),
    methods: {
      async GET({ subject, parameters, seesAddresses }): Promise<HttpResponse> {
        const list = await subject.clients(readClientsQuery(parameters));
        return json(seesAddresses ? list : maskClients(list));
      },
    },
  },
  "/history": {
    ...look,
    parameters: ["span"],
    methods: {
      GET: ({ dashboard, parameters }): HttpResponse =>
        json(dashboard().history(spanOf(parameters))),
    },
  },
  "/events": {
    ...look,
    parameters: [],
    methods: { GET: watch },
  },
};

function watch({ request, dashboard, seesAddresses, isAdmitted }: WebCall): HttpResponse {
  const lastId = Number(request.headers.get("last-event-id") ?? 0) || 0;
  // Proxies that buffer would hold events back.
  const headers = { "content-type": "text/event-stream", "x-accel-buffering": "no" };
  return { status: 200, headers, body: dashboard().watch({ seesAddresses, lastId, isAdmitted }) };
}

function spanOf(parameters: URLSearchParams): Span {
  const given = parameters.get("span") ?? "10m";
  const span = historySpans.find((each) => each === given);
  if (span !== undefined) return span;
  throw new HttpError(400, `There is no span ${quote(given)}: ${suggest(given, historySpans)}`);
}

function json(body: object): HttpResponse {
  return jsonResponse(200, { schema: CONTROL_SCHEMA, ...body });
}
