/** Variables and shells that must not change what a self-extracting executable does. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { join } from "node:path";
import { startServer } from "../support/programs.ts";
import {
  assertRan,
  available,
  find,
  start,
  tempFolder,
  testUnpacking,
  timecli,
  timesrv,
} from "./executables.ts";

/** Variables that Deno, the libraries in it, or the commands of the launcher obey. */
const hostile: Readonly<Record<string, string>> = {
  DENO_AUDIT_PERMISSIONS: "/dev/stdout",
  DENO_AUTO_SERVE: "1",
  DENO_CACHE_DB_MODE: "garbage",
  DENO_CERT: "/nowhere.pem",
  DENO_COMPAT: "1",
  DENO_CONDITIONS: "nowhere",
  DENO_COVERAGE_DIR: "/nowhere",
  DENO_DIR: "/nowhere",
  DENO_JOBS: "0",
  DENO_LOG: "trace",
  DENO_NO_PROMPT: "0",
  DENO_PERMISSION_BROKER_PATH: "/nowhere",
  DENO_SERVE_ADDRESS: "tcp:127.0.0.1:0",
  DENO_TLS_CA_STORE: "nowhere",
  DENO_TOKIO_EVENT_INTERVAL: "0",
  DENO_TRACE_PERMISSIONS: "1",
  DENO_UNSTABLE_CONTROL_SOCK: "/nowhere",
  DENO_V8_FLAGS: "--no-such-flag",
  DENO_VARIABLE_OF_TOMORROW: "1",
  ICU_DATA: "/nowhere",
  ICU_TIMEZONE_FILES_DIR: "/nowhere",
  JSR_URL: "nowhere",
  NODE_CHANNEL_FD: "0",
  NODE_EXTRA_CA_CERTS: "/nowhere.pem",
  NODE_OPTIONS: "--require /nowhere.cjs",
  NODE_V8_COVERAGE: "/nowhere",
  NPM_CONFIG_REGISTRY: "nowhere",
  OTEL_DENO: "true",
  OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:9",
  OTEL_VARIABLE_OF_TOMORROW: "1",
  RUST_BACKTRACE: "full",
  RUST_LOG: "trace",
  RUST_MIN_STACK: "1",
  SSLKEYLOGFILE: "/nowhere",
  TOKIO_WORKER_THREADS: "0",
};

/** Variables that change the output of `ls`, `gzip`, `cd` or the shell. */
const forCommands: Readonly<Record<string, string>> = {
  BLOCK_SIZE: "1G",
  LS_BLOCK_SIZE: "1G",
  CDPATH: "/:/tmp",
  GZIP: "-t",
  LC_ALL: "tr_TR.UTF-8",
  QUOTING_STYLE: "c",
  TIME_STYLE: "+%s %s %s %s %s %s %s %s %s %s",
  POSIXLY_CORRECT: "1",
  IFS: "/",
  PWD: "/nowhere",
  // Names of the launcher's own.
  ...Object.fromEntries(
    ["own", "place", "root", "left", "user", "mine", "facts", "why", "temp", "child", "line"]
      .map((name) => [name, "/nowhere"]),
  ),
};

const forbidden = /^(DENO|NODE|OTEL|RUST|TOKIO|ICU|NPM_CONFIG|JSR)_|^SSLKEYLOGFILE$/;

if (available) {
  Deno.test(
    await testUnpacking("ignore the variables of Deno and its libraries", async () => {
      await using cache = await tempFolder();
      const plain = { XDG_CACHE_HOME: cache.path };
      const expected = await start(timecli, ["--version"], { env: plain });
      assertRan(expected);
      for (const [name, value] of Object.entries(hostile)) {
        const outcome = await start(timecli, ["--version"], { env: { ...plain, [name]: value } });
        assertEquals(outcome, expected, name);
      }
    }),
  );

  Deno.test(
    await testUnpacking("hand on no variable of Deno, and every other", async () => {
      await using cache = await tempFolder();
      const kept = {
        TIMESRV_UTC: "true",
        LISTED: "one\nexport OTEL_DENO='true'\n",
        MULTILINE: "DENO_DIR=x\nNODE_OPTIONS\nexport kept='\nTZ=\n",
        QUOTED: `'"$(echo no)\`echo no\`\\`,
        TZ: "Asia/Kolkata",
        kept: "*",
      };
      const env = { XDG_CACHE_HOME: cache.path, TMPDIR: "/proc", ...hostile, ...kept };
      const { server } = await startServer([timesrv], undefined, { env, clearEnv: true });
      await using _ = server;
      const environ = await Deno.readTextFile(`/proc/${server.child.pid}/environ`);
      const entries = environ.split("\0").filter((entry) => entry !== "").map((entry) => {
        const [name = ""] = entry.split("=", 1);
        return [name, entry.slice(name.length + 1)] as const;
      });
      const got = Object.fromEntries(entries);
      assertEquals(Object.keys(got).filter((name) => forbidden.test(name)).toSorted(), [
        "DENO_DIR",
        "DENO_NO_PACKAGE_JSON",
        "DENO_NO_UPDATE_CHECK",
      ]);
      assertEquals(got["DENO_DIR"], join(cache.path, "timesrv/deno_dir"));
      for (const [name, value] of Object.entries(kept)) assertEquals(got[name], value, name);
      assertEquals((await server.stop()).code, 0);
    }, { files: ["/proc/self/environ"] }),
  );

  Deno.test(
    await testUnpacking("unpack and start under any settings of the commands it uses", async () => {
      await using cache = await tempFolder();
      const env = { ...forCommands, ...hostile, XDG_CACHE_HOME: cache.path };
      assertRan(await start(timecli, ["--version"], { env }));
      const runtime = await find(cache.path, /\/timecli$/);
      const { ino } = await Deno.stat(runtime);
      for (const [name, value] of Object.entries(forCommands)) {
        const settings = { [name]: value, XDG_CACHE_HOME: cache.path, TMPDIR: "/proc" };
        assertRan(await start(timecli, ["--version"], { env: settings }));
      }
      assertRan(await start(timecli, ["--version"], { env }));
      assertEquals((await Deno.stat(runtime)).ino, ino, "unpacked once");
    }),
  );

  for (
    const shell of [["dash"], ["bash", "--posix"], ["busybox", "sh"], ["zsh", "--emulate", "sh"]]
  ) {
    const [command = "", ...options] = shell;
    Deno.test(
      await testUnpacking(`unpack and start in ${shell.join(" ")}`, async () => {
        await using cache = await tempFolder();
        const env = { ...hostile, XDG_CACHE_HOME: cache.path, TMPDIR: "/proc" };
        const args = [...options, timecli, "--version"];
        assertRan(await start(command, args, { env }));
        const runtime = await find(cache.path, /\/timecli$/);
        const { ino } = await Deno.stat(runtime);
        assertRan(await start(command, args, { env }));
        assertEquals((await Deno.stat(runtime)).ino, ino, "unpacked once");

        await Deno.chmod(cache.path, 0o777);
        const { code, stderr } = await start(command, args, { env });
        assertEquals(code, 1);
        assertMatch(stderr, /another user can change/);
        assert(!stderr.includes("not found"), stderr);
      }, { commands: [command] }),
    );
  }
}
