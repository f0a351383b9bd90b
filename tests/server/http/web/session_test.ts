/** Sessions of browsers with a real server. */
import { assertEquals, assertMatch } from "@std/assert";
import { serve } from "../../../../mod.ts";
import { within } from "../../../support/wait.ts";

const httpToken = "0123456789abcdef";

Deno.test("a form with the token opens a session, a wrong one asks again", async () => {
  await using server = await serve("ntp://127.0.0.1:0", { http: "127.0.0.1:0", httpToken });
  const url = server.http?.url ?? "";
  const post = async (body: string): Promise<Response> => {
    return await fetch(`${url}/session`, {
      method: "POST",
      headers: { origin: url, "content-type": "application/x-www-form-urlencoded" },
      body,
      redirect: "manual",
    });
  };
  const wrong = await post("token=x");
  assertEquals([wrong.status, wrong.headers.get("content-type")], [
    401,
    "text/html; charset=utf-8",
  ]);
  assertMatch(await wrong.text(), /not the token/);
  const right = await post(`token=${httpToken}`);
  assertEquals([right.status, right.headers.get("location")], [303, "/"]);
  await right.body?.cancel();
  const cookie = right.headers.get("set-cookie")?.split(";")[0] ?? "";
  const events = await fetch(`${url}/events`, { headers: { cookie } });
  const byToken = await fetch(`${url}/events`, {
    headers: { authorization: `Bearer ${httpToken}` },
  });
  const statusWith = async (headers: Record<string, string>, method = "GET"): Promise<number> => {
    const response = await fetch(`${url}/${method === "GET" ? "state" : "session"}`, {
      method,
      headers,
    });
    await response.body?.cancel();
    return response.status;
  };
  assertEquals(await statusWith({}), 401);
  assertEquals(await statusWith({ cookie }), 200);
  assertEquals(await statusWith({ cookie, origin: url }, "DELETE"), 204);
  assertEquals(await statusWith({ cookie }), 401);
  // The stream of the session ends with it, at once and without an error; that of a token goes on.
  assertMatch(await within(10, events.text()), /^retry: 3000\n\nevent: state\n/);
  const reader = byToken.body?.pipeThrough(new TextDecoderStream()).getReader();
  const isTick = async (): Promise<boolean> =>
    /^event: tick/.test((await reader?.read())?.value ?? "");
  await within(
    10,
    (async () => {
      while (!await isTick());
    })(),
  );
  await reader?.cancel();
  const long = await post(`token=${"x".repeat(2000)}`);
  assertEquals(long.status, 413);
  await long.body?.cancel();
});
