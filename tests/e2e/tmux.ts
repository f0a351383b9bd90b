/** A real terminal for a program to run in: tmux, whose screen can be read. */
import { run } from "../support/process.ts";
import { within } from "../support/wait.ts";

/** Runs a program with its arguments, and prints whether it left the terminal as it was. */
const SCRIPT = `
trap : INT # the shell's, which Ctrl-C would end too
echo before
settings=$(stty -g)
"$@"
code=$?
[ "$settings" = "$(stty -g)" ] && echo "code=$code, restored" || echo "code=$code, not restored"`;

/** A terminal with a program in it. */
export class Tmux implements AsyncDisposable {
  readonly #tmux: readonly [string, ...string[]];

  private constructor(socket: string) {
    this.#tmux = ["tmux", "-L", socket, "-f", "/dev/null"];
  }

  /** Opens one in which a program runs, and which stays open when that has ended. */
  static async open(
    args: readonly string[],
    { columns = 100, rows = 30, locale = "C.UTF-8" } = {},
  ): Promise<Tmux> {
    const terminal = new Tmux(`timesrv-test-${crypto.randomUUID()}`);
    const size = ["-x", String(columns), "-y", String(rows)];
    const shell = ["sh", "-c", `${SCRIPT}\nexec cat`, "sh", ...args];
    const env = ["env", "-u", "LC_CTYPE", "-u", "LANG", "-u", "NO_COLOR", `LC_ALL=${locale}`];
    await terminal.#run("new-session", "-d", ...size, "--", ...env, ...shell);
    return terminal;
  }

  /** Its screen. */
  async screen(): Promise<string> {
    return await this.#run("capture-pane", "-p");
  }

  /** The same with its colours, as escape sequences. */
  async styledScreen(): Promise<string> {
    return await this.#run("capture-pane", "-p", "-e");
  }

  /** Waits until it shows what a pattern describes, and returns all it shows. */
  async shows(pattern: RegExp): Promise<string> {
    let screen = "";
    let isOver = false;
    const look = async (): Promise<void> => {
      while (!isOver && !pattern.test(screen)) screen = await this.screen();
    };
    try {
      await within(20, look());
    } catch (error) {
      throw new Error(`It does not show ${pattern}, but:\n${screen}`, { cause: error });
    } finally {
      isOver = true;
    }
    return screen;
  }

  /** Types keys, by tmux's names. */
  async press(...keys: string[]): Promise<void> {
    await this.#run("send-keys", ...keys);
  }

  /** Makes it another size. */
  async resize(columns: number, rows: number): Promise<void> {
    await this.#run("resize-window", "-x", String(columns), "-y", String(rows));
  }

  /** A fact of it, by tmux's name: `cursor_flag`, `alternate_on`, ... */
  async fact(name: string): Promise<string> {
    return (await this.#run("display-message", "-p", `#{${name}}`)).trim();
  }

  /** Sends SIGTERM to the command that the shell waits for. */
  async terminate(): Promise<void> {
    const shell = await this.fact("pane_pid");
    const { stdout } = await run(["ps", "-o", "pid=", "--ppid", shell]);
    Deno.kill(Number(stdout.trim()), "SIGTERM");
  }

  async #run(...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await run([...this.#tmux, ...args]);
    if (code !== 0) throw new Error(`tmux ${args[0]}: ${stderr}`);
    return stdout;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await run([...this.#tmux, "kill-server"]);
  }
}
