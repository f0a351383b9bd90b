import { assert, assertEquals } from "@std/assert";
import type { Network } from "../../src/client/network.ts";
import { query, validate } from "../../src/client/query.ts";
import { QueryError } from "../../src/protocols/failure.ts";
import { systemTimers } from "../../src/system/time.ts";
import { endingNetwork } from "../support/ending_network.ts";
import { sample } from "../support/property.ts";
import {
  type Move,
  protocols,
  scriptArbitrary,
  type Verdict,
  verdictOf,
} from "../support/hostile_script.ts";
import { scriptedServer } from "../support/scripted_server.ts";

const MESSAGE = /^[\x20-\x7e…]{1,400}$/;

/** A network for a query whose time is over once the script is played and the server's last datagram has come. */
function networkOf(script: readonly Move[], played: Promise<void>): Network {
  const due = script.filter(({ sender }) => sender === "server").length;
  return endingNetwork((received, end) => {
    // What others have sent last may still be on its way.
    if (received === due) void played.then(() => systemTimers.sleep(20)).then(end);
  });
}

/** The end of a query while a script is played to it. */
async function play(
  protocol: (typeof protocols)[number],
  script: readonly Move[],
): Promise<Verdict> {
  const options = { transport: "udp", hostname: "127.0.0.1", port: 0 } as const;
  const otherPort = Deno.listenDatagram(options);
  const { promise: played, resolve: end } = Promise.withResolvers<void>();
  await using server = scriptedServer(async (socket, from, _count, request) => {
    const senders = { server: socket, otherPort, otherAddress };
    for (const { octets, sender, pauseMs } of script) {
      if (pauseMs > 0) await new Promise((resolve) => setTimeout(resolve, pauseMs));
      // Once the query has ended, the sockets are closed and nobody listens.
      await senders[sender].send(octets(request), from).catch(() => {});
    }
    end();
  }, protocol);
  // The same port of an address that is of this machine too on Linux alone.
  const isLinux = Deno.build.os === "linux";
  const { port } = server.socket.addr as Deno.NetAddr;
  const otherAddress = isLinux
    ? Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.2", port })
    : otherPort;
  try {
    const network = networkOf(script, played);
    const reply = await query(server.url, { timeout: "10s", retries: 0, network });
    if (reply.protocol === "ntp") validate(reply);
    return reply.protocol === "ntp" ? `time of stratum ${reply.stratum}` : `time ${reply.text}`;
  } catch (error) {
    if (!(error instanceof QueryError)) throw error;
    assert(MESSAGE.test(error.message), error.message);
    return error.reason;
  } finally {
    otherPort.close();
    if (isLinux) otherAddress.close();
  }
}

for (const protocol of protocols) {
  Deno.test(`query of ${protocol} ends as the script of a hostile server requires`, async () => {
    const scripts = sample(scriptArbitrary(protocol), 150);
    const verdicts = await Promise.all(scripts.map((script) => play(protocol, script)));
    for (const [i, script] of scripts.entries()) {
      const sent = script.map(({ name, sender, means }) => `${sender}: ${name} (${means})`);
      assertEquals(verdicts[i], verdictOf(script), sent.join("\n"));
    }
    // The scripts are worth something only if they come to different ends.
    assert(new Set(verdicts).size > 3);
  });
}
