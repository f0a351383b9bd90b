// Starts a program with the Deno of this system, which npm has installed beside this package. Its syntax is
// that of Node 12, so that an old Node reads it far enough to say what it needs.
import { spawn } from "node:child_process";
import { lstatSync, mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import { constants, homedir, userInfo } from "node:os";
import { dirname, isAbsolute, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

const programs = join(dirname(fileURLToPath(import.meta.url)), "..", "programs");

const MIN_NODE = 16;

/** Starts a program in the place of this process, or as a child where that cannot be. */
export function launch(name, flags) {
  const { version } = process;
  if (Number(/\d+/.exec(version)) < MIN_NODE) {
    fail(name, `needs Node ${MIN_NODE} or newer, and this is ${version}`);
  }
  const deno = findDeno(name);
  const env = environment();
  const args = ["run", ...flags, join(programs, `${name}.mjs`), ...process.argv.slice(2)];
  // Signals, exit code and the terminal are then the program's own. Node warns that it is new.
  process.removeAllListeners("warning");
  if (typeof process.execve === "function") process.execve(deno, [name, ...args], env);
  const child = spawn(deno, args, { stdio: "inherit", env, argv0: name });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
    process.on(signal, () => child.kill(signal));
  }
  child.on("error", (error) => fail(name, error.message));
  child.on("exit", (code, signal) => {
    process.exitCode = code === null ? 128 + (constants.signals[signal] || 0) : code;
  });
}

function findDeno(name) {
  const { platform, arch, report } = process;
  const isMusl = platform === "linux" && !report.getReport().header.glibcVersionRuntime;
  if (isMusl) fail(name, "needs glibc, which this system lacks: Deno has no version for musl");
  const system = `${platform}-${arch}${platform === "linux" ? "-glibc" : ""}`;
  try {
    const manifest = createRequire(import.meta.url).resolve(`@deno/${system}/package.json`);
    return join(dirname(manifest), platform === "win32" ? "deno.exe" : "deno");
  } catch {
    return fail(
      name,
      `has no runtime: @deno/${system} is not installed (npm leaves it out with --omit=optional)`,
    );
  }
}

/** The environment without variables that Deno and its parts obey, but which were meant for other programs. */
function environment() {
  const others = /^(?:DENO|NODE|OTEL|RUST|TOKIO|ICU|NPM_CONFIG|JSR)_|^SSLKEYLOGFILE$/i;
  const own = Object.entries(process.env).filter(([name]) => !others.test(name));
  return {
    ...Object.fromEntries(own),
    DENO_DIR: cacheFolder() || join(programs, "none"),
    DENO_NO_UPDATE_CHECK: "1",
    DENO_NO_PACKAGE_JSON: "1",
    // One heap for all threads keeps less memory.
    MALLOC_ARENA_MAX: "1",
    // Deno would read the settings of npm there, and the program may not.
    HOME: programs,
  };
}

/** A folder for compiled code that belongs to this user, or none: another user could exchange the code. */
function cacheFolder() {
  if (process.platform === "win32") {
    const { LOCALAPPDATA } = process.env;
    return LOCALAPPDATA && join(LOCALAPPDATA, "timesrv", "deno_dir");
  }
  const { XDG_CACHE_HOME: cache } = process.env;
  const isSet = cache !== undefined && isAbsolute(cache);
  const parents = isSet ? [cache] : [homedir(), join(homedir(), ".cache")];
  const folders = [...parents, join(parents.at(-1), "timesrv")];
  return folders.every(isOwn) ? join(folders.at(-1), "deno_dir") : undefined;
}

function isOwn(folder) {
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch {
    // It is there, or cannot be.
  }
  const status = lstatSync(folder, { throwIfNoEntry: false });
  return status !== undefined && status.isDirectory() && status.uid === userInfo().uid;
}

function fail(name, message) {
  process.stderr.write(`${name}: ${message}\n`);
  process.exit(1);
}
