import { assertEquals } from "@std/assert";
import { serveWhile } from "../../support/command_line.ts";
import { where } from "../../support/needs.ts";

Deno.test(
  await where(
    { permissions: [{ name: "read" }, { name: "write" }] },
    "readHttp has the parts of --http-parts alone, behind the token of --http-token-file",
    async () => {
      const file = await Deno.makeTempFile();
      const token = "0123456789abcdef";
      await Deno.writeTextFile(file, `${token}\n`, { mode: 0o600 });
      const args = ["--http", "127.0.0.1:0", "--http-parts", "time,metrics", "--quiet"];
      const seen: [path: string, status: number, withToken: number][] = [];
      const { code } = await serveWhile(
        [...args, "--http-token-file", file, "ntp://127.0.0.1:0"],
        async (ready) => {
          const { http = "" } = ready as { http?: string };
          const ask = async (path: string, headers: HeadersInit = {}): Promise<number> => {
            const response = await fetch(http + path, { headers });
            await response.body?.cancel();
            return response.status;
          };
          for (const path of ["/time", "/metrics", "/healthz", "/"]) {
            const authorization = `Bearer ${token}`;
            seen.push([path, await ask(path), await ask(path, { authorization })]);
          }
        },
      ).finally(() => Deno.remove(file));
      assertEquals([code, seen], [0, [
        ["/time", 200, 200],
        ["/metrics", 401, 200],
        ["/healthz", 404, 404],
        ["/", 404, 404],
      ]]);
    },
  ),
);
