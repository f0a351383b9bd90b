import { assert, assertEquals } from "@std/assert";
import { query, serve } from "../../../../mod.ts";
import type { ClientState } from "../../../../src/client/control_api.ts";
import { UdpClient } from "../../../support/udp_client.ts";
import { until } from "../../../support/wait.ts";
import { ntpRequest } from "../../faults/engine.ts";
import { ask } from "../http.ts";

const control = "127.0.0.1:0";
const ntp = "ntp://127.0.0.1:0";

Deno.test("GET /clients lists the clients, the latest first", async () => {
  await using server = await serve(["auto://127.0.0.1:0", ntp], { control });
  const [auto, plain] = server.addresses;
  await query(`asctime://127.0.0.1:${auto?.port}`);
  await query(`ntp://127.0.0.1:${plain?.port}`);
  // Times of the same millisecond have no order.
  const nextMillisecond = async (): Promise<void> => {
    const before = Date.now();
    await until(() => Date.now() > before);
  };
  await nextMillisecond();
  using other = new UdpClient("127.0.0.2");
  await other.ask(ntpRequest(1), auto);
  const listed = async (): Promise<unknown[]> => {
    const { body } = await ask(server, "GET", "/clients");
    assertEquals(body.unlisted, 0);
    for (const { last_seen } of body.clients) {
      assert(Math.abs(Date.parse(last_seen) - Date.now()) < 60_000, last_seen);
    }
    return body.clients.map((
      { address, requests, protocol }: ClientState,
    ) => [address, requests, protocol]);
  };
  assertEquals(await listed(), [["127.0.0.2", 1, "ntp"], ["127.0.0.1", 2, "ntp"]]);
  await nextMillisecond();
  await query(`ntp://127.0.0.1:${plain?.port}`);
  assertEquals(await listed(), [["127.0.0.1", 3, "ntp"], ["127.0.0.2", 1, "ntp"]]);
});
