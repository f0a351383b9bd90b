/** Programs of other projects, and networks to run them in. */
import { readVariable } from "./limit.ts";
import { Running, type RunningOptions } from "./process.ts";

/** Where `scripts/install_peers.sh` has unpacked the packages that cannot be installed side by side. */
const folder = await readVariable("TIMESRV_PEERS") ?? "/var/tmp/timesrv-peers";

/** The programs of unpacked packages. */
export const program = {
  chronyd: `${folder}/chrony/usr/sbin/chronyd`,
  chronyc: `${folder}/chrony/usr/bin/chronyc`,
  ntpsecNtpd: `${folder}/ntpsec/usr/sbin/ntpd`,
  ntpq: `${folder}/ntpsec/usr/bin/ntpq`,
  ntpdig: `${folder}/ntpsec/usr/bin/ntpdig`,
  ntpdate: `${folder}/ntpsec/usr/sbin/ntpdate`,
  openNtpd: `${folder}/openntpd/usr/sbin/ntpd`,
  ntpctl: `${folder}/openntpd/usr/sbin/ntpctl`,
  xinetd: `${folder}/xinetd/usr/sbin/xinetd`,
  prometheus: `${folder}/prometheus/usr/bin/prometheus`,
  promtool: `${folder}/prometheus/usr/bin/promtool`,
  nodeExporter: `${folder}/prometheus/usr/bin/prometheus-node-exporter`,
  /** A root file system of Debian, from which images are built without a registry. */
  debian: `${folder}/debian.tar`,
  inetd: `${folder}/inetutils-inetd/usr/sbin/inetutils-inetd`,
} as const;

/** The environment in which the unpacked programs find their libraries and each other. */
export const peerEnv = {
  PYTHONPATH: `${folder}/ntpsec/usr/lib/python3/dist-packages`,
  PATH: `${folder}/ntpsec/usr/bin:/usr/sbin:/usr/bin:/sbin:/bin`,
  LC_ALL: "C",
  TZ: "UTC",
};

/** The commands that a {@linkcode Network} needs. */
export const networkCommands = ["unshare", "nsenter", "setpriv", "ip", "sh", "cat"] as const;

/** No peer may set this machine's clock, and none outlives the tests. */
const harmless = [
  ...["setpriv", "--bounding-set", "-sys_time", "--inh-caps", "-sys_time"],
  ...["--pdeathsig", "KILL"],
] as const;

/**
 * OpenNTPD insists on a user, a home for it, and two folders: they are there in the namespace
 * alone.
 */
const SETUP = `set -e
ip link set lo up
mkdir -m 755 "$1/home"
{ cat /etc/passwd; echo "ntpd:x:65533:65533::$1/home:/bin/false"; } >"$1/passwd"
{ cat /etc/group; echo ntpd:x:65533:; } >"$1/group"
mount --bind "$1/passwd" /etc/passwd
mount --bind "$1/group" /etc/group
mount -t tmpfs -o mode=755 none /var/lib
mkdir -p /var/lib/openntpd/run /var/lib/openntpd/db
echo ready >&2
exec cat`;

/** A network of its own, with a loopback interface and all ports free, and a folder for files. */
export class Network implements AsyncDisposable {
  /** A folder for configuration, sockets and the like. */
  readonly folder: string;
  readonly #holder: Running;

  private constructor(folder: string) {
    this.folder = folder;
    // The namespaces last as long as this process, and it as long as the tests: they hold its input.
    this.#holder = new Running(
      ["unshare", "--net", "--mount", "sh", "-c", SETUP, "sh", folder],
      { stdin: "piped", env: { LC_ALL: "C" } },
    );
  }

  /** Makes a network. */
  static async create(): Promise<Network> {
    const network = new Network(await Deno.makeTempDir());
    try {
      await network.#holder.waitFor(/^ready$/m);
    } catch (error) {
      await network[Symbol.asyncDispose]();
      throw error;
    }
    return network;
  }

  /** The id of the process that holds the namespaces. */
  get pid(): number {
    return this.#holder.child.pid;
  }

  /** A command as it runs in this network, without the right to set the clock. */
  inside(command: readonly string[]): [string, ...string[]] {
    return ["nsenter", "-t", String(this.pid), "--net", "--mount", ...harmless, ...command];
  }

  /** Starts a program in this network. */
  start(command: readonly string[], options: Pick<RunningOptions, "stdout"> = {}): Running {
    return new Running(this.inside(command), { ...options, env: peerEnv });
  }

  /** Writes a file into {@linkcode folder}: its path. */
  async file(name: string, text: string): Promise<string> {
    const path = `${this.folder}/${name}`;
    await Deno.writeTextFile(path, text);
    return path;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#holder.child.stdin.close();
    await this.#holder[Symbol.asyncDispose]();
    await Deno.remove(this.folder, { recursive: true });
  }
}

/** A command as it runs in this machine's own network, without the right to set the clock. */
export function harmlessly(command: readonly string[]): [string, ...string[]] {
  return [...harmless, ...command] as [string, ...string[]];
}

/** Starts `chronyd` on udp port 1123, with further lines of configuration. */
export async function startChronyd(network: Network, lines: string): Promise<Running> {
  const config = await network.file(
    "chrony.conf",
    `${lines}
allow
port 1123
cmdport 0
bindcmdaddress ${network.folder}/chronyd.sock
pidfile ${network.folder}/chronyd.pid
`,
  );
  return network.start([program.chronyd, "-x", "-d", "-u", "root", "-f", config]);
}
