/** Sessions of browsers, which cannot send a token with every request. */
import { HttpError } from "../../../http/http_error.ts";
import type { HttpResponse } from "../../../http/listener.ts";
import { readText } from "../body.ts";
import type { WebRoutes } from "./route.ts";
import { tokenForm } from "./token_form.ts";

const MAX_OCTETS = 1024;

export const sessionRoutes: WebRoutes = {
  "/session": {
    part: "page",
    isPublic: false,
    isForm: true,
    parameters: [],
    methods: {
      async POST({ request, gate }): Promise<HttpResponse> {
        const form = new URLSearchParams(await readText(request, MAX_OCTETS));
        try {
          const cookie = await gate.open(request, form.get("token") ?? "");
          return { status: 303, headers: { "location": "/", "set-cookie": cookie }, body: "" };
        } catch (error) {
          if (!(error instanceof HttpError) || error.status !== 401) throw error;
          return await tokenForm("That is not the token of this server.");
        }
      },
      DELETE({ request, gate, dashboard }): HttpResponse {
        const cookie = gate.close(request);
        dashboard().dismiss();
        return { status: 204, headers: { "set-cookie": cookie }, body: "" };
      },
    },
  },
};
