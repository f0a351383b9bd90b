/** Where OpenSSL 3 is. Libraries of another system's C library are not tried: a bare name on macOS would end the process. */
const folders: Readonly<Record<string, readonly string[]>> = {
  darwin: ["/opt/homebrew/opt/openssl@3/lib/", "/opt/local/lib/"],
};

const names: Readonly<Record<string, (library: OpensslLibrary) => string>> = {
  linux: (library) => `lib${library}.so.3`,
  darwin: (library) => `lib${library}.3.dylib`,
  windows: (library) => `lib${library}-3-x64.dll`,
};

export type OpensslLibrary = "ssl" | "crypto";

/**
 * Opens a library of OpenSSL 3; undefined if there is none.
 *
 * @throws {Deno.errors.NotCapable} If the permission to call C functions is missing
 */
export function openOpenssl<Symbols extends Deno.ForeignLibraryInterface>(
  library: OpensslLibrary,
  symbols: Symbols,
): Deno.DynamicLibrary<Symbols>["symbols"] | undefined {
  const { os } = Deno.build;
  const name = names[os]?.(library);
  if (name === undefined) return undefined;
  for (const folder of folders[os] ?? [""]) {
    try {
      return Deno.dlopen(folder + name, symbols).symbols;
    } catch (error) {
      if (error instanceof Deno.errors.NotCapable) throw error;
    }
  }
  return undefined;
}
