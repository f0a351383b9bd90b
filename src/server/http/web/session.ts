/** Sessions of browsers, which cannot send a token with every request. */
import { readText } from "../body.ts";
import type { WebRoutes } from "./route.ts";
import { HttpError, type HttpResponse } from "../../../http/message.ts";

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

/** Of the page that asks for the token. */
const STYLE = "html{color-scheme:light dark;font:1.1rem/1.5 system-ui,sans-serif}" +
  "body{background:light-dark(#f4f5f7,#0c0f14);color:light-dark(#14181f,#eceff4);margin:0;" +
  "min-height:100vh;display:grid;place-items:center;padding:16px;box-sizing:border-box}" +
  "form{background:light-dark(#fff,#141922);border:1px solid light-dark(#d5d9e0,#2a323f);" +
  "border-radius:8px;padding:20px 24px;display:grid;gap:10px;width:min(26rem,100%);" +
  "box-sizing:border-box}h1{font-size:1.25rem;margin:0}p{margin:0}" +
  "input,button{font:inherit;color:inherit;padding:6px 10px;border-radius:6px;min-width:0;" +
  "border:1px solid light-dark(#4c5566,#a3adbd);background:light-dark(#fff,#0c0f14)}" +
  "button{background:light-dark(#0067a3,#56b4e9);color:light-dark(#fff,#14181f);border:0;" +
  "font-weight:600}.bad{color:light-dark(#b03c00,#ff7a3d);font-weight:600}";

let styleHash: Promise<string> | undefined;

/**
 * Makes the response to a visitor without the token.
 *
 * @param problem What was wrong with the last attempt, as a sentence without markup
 */
export async function tokenForm(problem?: string): Promise<HttpResponse> {
  styleHash ??= hash(STYLE);
  const message = problem === undefined ? "" : `<p class="bad" role="alert">✕ ${problem}</p>`;
  return {
    status: 401,
    headers: {
      "content-type": "text/html; charset=utf-8",
      "www-authenticate": "Bearer",
      "content-security-policy": `default-src 'none'; style-src 'sha256-${await styleHash}'; ` +
        "base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
      "cross-origin-resource-policy": "same-origin",
      "cross-origin-opener-policy": "same-origin",
      // With `no-referrer`, browsers send `Origin: null` with the form.
      "referrer-policy": "same-origin",
    },
    body: `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>timesrv: token</title>
<style>${STYLE}</style>
<main>
<form action="/session" method="post">
<h1>timesrv</h1>
${message}
<label for="token">The token of this server (<code>--http-token</code>)</label>
<input id="token" name="token" type="password" autocomplete="current-password" required autofocus>
<button>Show the status</button>
</form>
</main>
</html>
`,
  };
}

async function hash(text: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return new Uint8Array(digest).toBase64();
}
