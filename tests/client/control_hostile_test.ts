/** `control()` against programs that are no control interface, or a hostile one. */
import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { control } from "../../src/client/control.ts";
import { QueryError } from "../../src/protocols/failure.ts";
import { formatJson } from "../../src/text/json.ts";
import { CONTROL_ACTIONS, samples } from "./control_samples.ts";
import { within } from "../support/wait.ts";

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

/** A text and the end of the connection, or whatever a function sends. */
type Script = string | ((connection: Deno.TcpConn) => Promise<void>);

class HostileServer implements AsyncDisposable {
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #connections: Deno.Conn[] = [];
  readonly #served: Promise<unknown>;

  constructor(script: Script) {
    this.#served = this.#serve(script);
  }

  get url(): string {
    return `http://127.0.0.1:${this.#listener.addr.port}`;
  }

  async #serve(script: Script): Promise<void> {
    for await (const connection of this.#listener) {
      this.#connections.push(connection);
      // The client may be gone before all is sent.
      const sent = typeof script === "string"
        ? send(connection, script).then(() => connection.closeWrite())
        : script(connection);
      sent.catch(() => {});
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    for (const connection of this.#connections) connection.close();
    await this.#served;
  }
}

async function send(connection: Deno.Conn, text: string): Promise<void> {
  let data = encode(text);
  while (data.length > 0) data = data.subarray(await connection.write(data));
}

/** Sends a text for ever, with pauses. */
const forever = (head: string, text: string, pauseMs: number): Script => async (connection) => {
  await send(connection, head);
  while (true) {
    await send(connection, text);
    if (pauseMs > 0) await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
};

const http = (body: string, status = "200 OK", headers = ""): string =>
  `HTTP/1.1 ${status}\r\n${headers}content-length: ${encode(body).length}\r\n\r\n${body}`;

const OK = "HTTP/1.1 200 OK\r\n";

const strangers: Readonly<Record<string, string>> = {
  "of another protocol": "SSH-2.0-OpenSSH_9.9\r\n",
  "of zeros": "\0".repeat(1000),
  "of HTTP/0.9": "<html>",
  "of no content": "HTTP/1.1 204 No Content\r\n\r\n",
  "that redirects": http("", "301 Moved", "location: http://127.0.0.1:1/\r\n"),
  "that upgrades": `HTTP/1.1 101 Switching\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n`,
  "of a status without meaning": http("{}", "999 x"),
  "of many headers": `${OK}${`x: ${"y".repeat(1000)}\r\n`.repeat(200)}\r\n{}`,
  "of a long header": `${OK}x: ${"y".repeat(300_000)}\r\n\r\n{}`,
  "of wrong chunks": `${OK}transfer-encoding: chunked\r\n\r\nzz\r\n{}`,
  "of two lengths": `${OK}content-length: 2\r\ncontent-length: 3\r\n\r\n{}`,
  "of compressed octets": http("{}", "200 OK", "content-encoding: gzip\r\n"),
  "of deep JSON": http("[".repeat(500_000)),
  "of deep and complete JSON": http("[".repeat(500_000) + "]".repeat(500_000)),
  "of half a JSON text": http('{"schema":1'),
  ...Object.fromEntries(
    ["{}", "null", "[]", "5", '"x"', "true", '{"error":"x"}', '{"schema":1}'].flatMap((json) => [
      [`that answers ${json}`, http(json)],
      ...(json.includes("error") ? [] : [400, 401, 404, 413, 500].map((
        status,
      ) => [`that refuses by ${status} ${json}`, http(json, `${status} No`)])),
    ]),
  ),
  "that refuses without a text": http('{"error":5}', "400 No"),
};

Deno.test("control says of anything else that it is no control interface", async () => {
  for (const [name, answer] of Object.entries(strangers)) {
    await using server = new HostileServer(answer);
    const { url } = server;
    const error = await assertRejects(
      () => within(20, control("state", { url, timeout: "10s" }), () => `: a server ${name}`),
      Error,
    );
    assertEquals(error.message, `${url} is no control interface of timesrv`, name);
  }
});

Deno.test("control takes no answer of another action", async () => {
  for (const action of CONTROL_ACTIONS) {
    for (const other of ["faults", "clients", "state"] as const) {
      await using server = new HostileServer(http(formatJson(samples[other])));
      const { url } = server;
      const reply = control(action, { url, timeout: "10s" });
      // A state has a clock, too.
      const usual = {
        set: "state",
        step: "state",
        faults: "faults",
        clients: "clients",
        exchanges: "exchanges",
        access: "access",
        changeAccess: "access",
        checkAccess: "check",
      } as const;
      if ((usual[action as keyof typeof usual] ?? "state") === other) {
        assertEquals(await within(20, reply), samples[other] as never, action);
      } else await assertRejects(() => within(20, reply), Error, "is no control interface");
    }
  }
});

Deno.test("control takes an answer with a status of success alone", async () => {
  const json = formatJson(samples.faults);
  for (const [status, isTaken] of [[200, true], [299, true], [300, false], [400, false]] as const) {
    await using server = new HostileServer(http(json, `${status} Status`));
    const reply = within(20, control("faults", { url: server.url, timeout: "86400s" }));
    if (isTaken) assertEquals(await reply, samples.faults);
    else await assertRejects(() => reply, Error, "is no control interface of timesrv");
  }
});

Deno.test("control gives up in time, however the server spends it", async () => {
  const scripts: Readonly<Record<string, Script>> = {
    silent: () => Promise.resolve(),
    "slow in its headers": forever(OK, "x: y\r\n", 1),
    "slow in its body": forever(`${OK}content-length: 100000\r\n\r\n`, " ", 5),
    "slow in its chunks": forever(`${OK}transfer-encoding: chunked\r\n\r\n`, "1\r\n \r\n", 5),
    "of endless continuations": forever("", "HTTP/1.1 100 Continue\r\n\r\n", 0),
  };
  for (const [name, script] of Object.entries(scripts)) {
    await using server = new HostileServer(script);
    const { url } = server;
    const error = await assertRejects(
      () => within(20, control("state", { url, timeout: "100ms" }), () => `: a server ${name}`),
      QueryError,
    );
    assertEquals(
      [error.reason, error.message],
      ["timeout", `No reply from ${url} within 0.1 s`],
      name,
    );
  }
});

Deno.test("control reads no more of an answer than it may have", async () => {
  const padded = (length: number): string => {
    const text = formatJson(samples.faults);
    return text.slice(0, -1).padEnd(length - 1) + "}";
  };
  const MIB = 1024 * 1024;
  await using longest = new HostileServer(http(padded(MIB)));
  assertEquals(await control("faults", { url: longest.url, timeout: "10s" }), samples.faults);
  const scripts = [http(padded(MIB + 1)), forever(`${OK}\r\n`, " ".repeat(65_536), 0)];
  for (const script of scripts) {
    await using server = new HostileServer(script);
    const { url } = server;
    const error = await assertRejects(() => within(20, control("faults", { url, timeout: "10s" })));
    assertEquals((error as Error).message, `${url} sent more than 1 MiB`);
  }
});

Deno.test("control reports the end of a connection, and a refusal on one short line", async () => {
  await using closing = new HostileServer("");
  await assertRejects(() => control("state", { url: closing.url }), Error, "Cannot reach http:");
  await using early = new HostileServer(http("{}").slice(0, -1));
  await assertRejects(() => control("state", { url: early.url }), Error, "Cannot reach http:");
  const error = `\x9b31m${" ".repeat(250_000)}\n\u202ex${"y".repeat(250_000)}`;
  for (const status of [400, 401, 413, 500]) {
    await using server = new HostileServer(http(JSON.stringify({ error }), `${status} No`));
    const { url } = server;
    const failure = await assertRejects(() => within(20, control("state", { url })), Error);
    assertEquals(failure instanceof RangeError, status === 400 || status === 413);
    assertMatch(failure.message, /^(http:\S+ refuses: )?\\x9b31m\S*…$/);
  }
});

Deno.test("control closes a connection that a server upgrades", async () => {
  const ended = Promise.withResolvers<number | null>();
  await using server = new HostileServer(async (connection) => {
    const octets = new Uint8Array(4096);
    await connection.read(octets);
    await send(connection, "HTTP/1.1 101 Switching\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n");
    ended.resolve(await connection.read(octets));
  });
  await assertRejects(
    () => control("state", { url: server.url }),
    Error,
    "is no control interface",
  );
  assertEquals(await within(10, ended.promise), null);
});
