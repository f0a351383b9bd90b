/** The interfaces of another machine, until they are disposed of. */
export class FakeInterfaces implements Disposable {
  readonly #deno = {
    networkInterfaces: Deno.networkInterfaces,
    querySync: Deno.permissions.querySync,
  };
  /** How often they were read. */
  readings = 0;

  /** @param cidrs The name of each and its address with the length of its prefix, or why they cannot be read */
  constructor(cidrs: readonly (readonly [name: string, cidr: string])[] | Error) {
    Deno.permissions.querySync = () => ({ state: "granted" }) as Deno.PermissionStatus;
    Deno.networkInterfaces = () => {
      this.readings++;
      if (cidrs instanceof Error) throw cidrs;
      return cidrs.map(([name, cidr]) => {
        const [address = ""] = cidr.split("/");
        const family = address.includes(":") ? "IPv6" : "IPv4";
        return { name, family, address, cidr } as Deno.NetworkInterfaceInfo;
      });
    };
  }

  [Symbol.dispose](): void {
    Deno.networkInterfaces = this.#deno.networkInterfaces;
    Deno.permissions.querySync = this.#deno.querySync;
  }
}
