/** What a hostile client cannot do to a server by its HTTP interface. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { query } from "../../mod.ts";
import { readUsage } from "../../scripts/bench/usage.ts";
import { Running } from "../support/process.ts";
import { source, testsOf } from "../support/programs.ts";
import { until, within } from "../support/wait.ts";

/** Fewer than the connections of the tests. */
const DESCRIPTORS = 256;

/** How much resident memory may vary with the heap's comings and goings. */
const SLACK_KIB = 64 * 1024;

/** A server, and a client that asks it for the time again and again over UDP. */
class Target implements AsyncDisposable {
  readonly server: Running;
  readonly ntp: string;
  readonly http: URL;
  #exchanges = 0;
  #isOver = false;
  readonly #asking: Promise<void>;

  private constructor(server: Running, ntp: string, http: URL) {
    this.server = server;
    this.ntp = ntp;
    this.http = http;
    this.#asking = this.#ask();
  }

  static async start(): Promise<Target> {
    const command = [...source.timesrv, "--quiet", "--http", "127.0.0.1:0", "ntp://127.0.0.1:0"];
    const server = new Running(
      ["sh", "-c", `ulimit -n ${DESCRIPTORS}; exec "$@"`, "sh", ...command],
      { stdout: "piped" },
    );
    const [line] = await server.waitFor(/^.*\n/, { stream: "stdout" });
    const { listeners: [{ url }], http } = JSON.parse(line);
    const target = new Target(server, url, new URL(http));
    await target.answers();
    return target;
  }

  async #ask(): Promise<void> {
    while (!this.#isOver) {
      await query(this.ntp, { timeout: "5s" });
      this.#exchanges++;
    }
  }

  async connect(text = ""): Promise<Deno.TcpConn> {
    const { hostname, port } = this.http;
    const connection = await Deno.connect({ hostname, port: Number(port) });
    if (text !== "") await connection.write(new TextEncoder().encode(text)).catch(() => {});
    return connection;
  }

  async get(path: string): Promise<string> {
    const response = await fetch(`${this.http.origin}${path}`, {
      headers: { connection: "close" },
      signal: AbortSignal.timeout(10_000),
    });
    assertEquals(response.status, 200, path);
    return await response.text();
  }

  /** Fails unless it answers over HTTP and UDP. */
  async answers(): Promise<void> {
    assertEquals(await this.get("/healthz"), "ok\n");
    const before = this.#exchanges;
    const answered = until(() => this.#exchanges > before);
    await within(20, Promise.race([answered, this.#asking]));
  }

  /** Fails unless all that the clients took is back. */
  async recovers(before?: ReturnType<typeof readUsage>): Promise<void> {
    await this.answers();
    const idle = 'timesrv_http_connections{kind="events"} 0\n';
    await within(
      20,
      (async () => {
        while (!(await this.get("/metrics")).includes(idle));
      })(),
    );
    if (before === undefined) return;
    await until(() => readUsage(this.server.child.pid).descriptors <= before.descriptors + 1);
    const { residentKib } = readUsage(this.server.child.pid);
    assert(residentKib < before.residentKib + SLACK_KIB, `${residentKib} KiB`);
  }

  /** Fails if a request over UDP got no reply, or any request has written to the log. */
  async stop(): Promise<void> {
    this.#isOver = true;
    await this.#asking;
    assertEquals((await this.server.stop()).code, 0);
    assertEquals(this.server.stderr, "");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOver = true;
    await this.#asking.catch(() => {});
    await this.server[Symbol.asyncDispose]();
  }
}

const head = (start: string): string => `${start} HTTP/1.1\r\nHost: localhost\r\n`;

/** The starts of requests that never end. */
const unfinished = {
  "idle connections": "",
  "half heads": head("GET /time"),
  "half bodies": `${head("POST /timesync")}Content-Length: 500\r\n\r\n{`,
  "half forms": `${head("POST /session")}Content-Length: 500\r\n\r\ntoken=`,
  "streams of events that nobody reads": `${head("GET /events")}\r\n`,
};

const needs = { ...source.needs, commands: ["sh"], files: ["/proc/self/status"] };
const test = testsOf("HTTP", source);

/** Holds 400 connections, each with the start of a request. */
async function hold(target: Target, text: string): Promise<void> {
  const open: Deno.TcpConn[] = [];
  for (let i = 0; i < 400; i++) open.push(await target.connect(text));
  await target.answers();
  for (const connection of open) connection.close();
}

async function sendLongHeads(target: Target): Promise<void> {
  const octets = new TextEncoder().encode(`${head("GET /")}X: ${"x".repeat(1_000_000)}`);
  for (let i = 0; i < 20; i++) {
    using connection = await target.connect();
    const buffer = new Uint8Array(64);
    const reading = connection.read(buffer);
    try {
      for (let at = 0; at < octets.length;) at += await connection.write(octets.subarray(at));
    } catch {
      // The server does not wait for the end.
    }
    const length = await reading ?? 0;
    assertMatch(new TextDecoder().decode(buffer.subarray(0, length)), /^HTTP\/1.1 431 /);
  }
}

async function resetStreams(target: Target): Promise<void> {
  for (let i = 0; i < 100; i++) {
    using connection = await target.connect(`${head("GET /events")}\r\n`);
    // The rest is unread, so that closing resets the connection.
    await connection.read(new Uint8Array(16));
  }
}

/** Sends 10,000 requests over 16 connections, 25 at once, all of which are answered. */
async function flood(target: Target): Promise<void> {
  const batch = 25;
  const requests = new TextEncoder().encode(`${head("GET /time")}\r\n`.repeat(batch));
  const status = "HTTP/1.1 200 ";
  const load = async (): Promise<number> => {
    using connection = await target.connect();
    const buffer = new Uint8Array(64 * 1024);
    let [answered, text] = [0, ""];
    for (let sent = 0; sent < 625; sent += batch) {
      await connection.write(requests);
      while (answered < sent + batch) {
        const length = await connection.read(buffer);
        if (length === null) return answered;
        const parts = (text + new TextDecoder().decode(buffer.subarray(0, length))).split(status);
        answered += parts.length - 1;
        // The start of the next status may be in it.
        text = (parts.at(-1) ?? "").slice(-status.length + 1);
      }
    }
    return answered;
  };
  const answered = await Promise.all(Array.from({ length: 16 }, load));
  assertEquals(answered, Array(16).fill(625));
}

const attacks: Readonly<Record<string, (target: Target) => Promise<void>>> = {
  ...Object.fromEntries(
    Object.entries(unfinished).map(([what, text]) => [
      `400 ${what}`,
      (target: Target) => hold(target, text),
    ]),
  ),
  "heads of a megabyte": sendLongHeads,
  "streams of events that are reset": resetStreams,
  "10,000 requests": flood,
};

for (const [what, attack] of Object.entries(attacks)) {
  Deno.test(
    await test(
      `${what} leave a server with ${DESCRIPTORS} file descriptors as it was`,
      async () => {
        await using target = await Target.start();
        await attack(target);
        await target.recovers();
        const before = readUsage(target.server.child.pid);
        await attack(target);
        await target.recovers(before);
        await target.stop();
      },
      needs,
    ),
  );
}
