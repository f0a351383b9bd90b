import { assertEquals } from "@std/assert";
import { findLocalZone, localOffset, localZone } from "../../src/system/local_time.ts";
import { where } from "../support/needs.ts";

/** Seconds of the first of January and of July. */
const [JANUARY, JULY] = [Date.UTC(2026, 0, 1) / 1000, Date.UTC(2026, 6, 1) / 1000];

/** How far a zone is ahead in January and in July, in hours, and its warning. */
function zoneOf(variable: string): readonly unknown[] {
  const { offsetAt, warning } = findLocalZone(variable);
  return [offsetAt(JANUARY) / 3600, offsetAt(JULY) / 3600, warning];
}

const BERLIN = "/usr/share/zoneinfo/Europe/Berlin";

Deno.test("findLocalZone reads a TZ string, and UTC from an empty TZ", () => {
  assertEquals(zoneOf("EST5EDT,M3.2.0,M11.1.0"), [-5, -4, undefined]);
  assertEquals(zoneOf(":<+0330>-3:30"), [3.5, 3.5, undefined]);
  assertEquals(zoneOf(""), [0, 0, undefined]);
  assertEquals(zoneOf(":"), [0, 0, undefined]);
});

Deno.test("findLocalZone warns of a zone that nobody knows, and uses UTC", () => {
  for (const variable of ["Nowhere/City", "/nowhere", ":Nowhere/City", "EST5EDT,no rule"]) {
    const warning = `Cannot read the time zone of TZ=${variable}: local time is UTC`;
    assertEquals(zoneOf(variable), [0, 0, warning]);
  }
});

Deno.test(
  await where(
    { files: [BERLIN] },
    "findLocalZone reads the file that TZ names, in the database or elsewhere",
    () => {
      for (const variable of ["Europe/Berlin", ":Europe/Berlin", BERLIN, `:${BERLIN}`]) {
        assertEquals(zoneOf(variable), [1, 2, undefined], variable);
      }
    },
  ),
);

Deno.test({
  name:
    "findLocalZone relies on JavaScript for the names it may not read, and on nothing for paths",
  permissions: { read: false, env: false },
  fn(): void {
    const ofRuntime = [JANUARY, JULY].map((seconds) =>
      0 - new Date(seconds * 1000).getTimezoneOffset() / 60
    );
    const { getTimezoneOffset } = Date.prototype;
    try {
      for (const variable of ["Europe/Berlin", "posix/Europe/Berlin", ":Asia/Kolkata"]) {
        assertEquals(zoneOf(variable), [...ofRuntime, undefined], variable);
      }
      // JavaScript counts minutes west of Greenwich.
      Date.prototype.getTimezoneOffset = function (): number {
        return this.getUTCMonth() === 0 ? -330 : 240;
      };
      assertEquals(zoneOf("Europe/Berlin"), [5.5, -4, undefined]);
      assertEquals(findLocalZone().offsetAt(JULY), -4 * 3600);
    } finally {
      Date.prototype.getTimezoneOffset = getTimezoneOffset;
    }
    const warning = `Cannot read the time zone of TZ=${BERLIN}: local time is UTC`;
    assertEquals(zoneOf(BERLIN), [0, 0, warning]);
  },
});

Deno.test("localZone is found once, and localOffset is its offset", () => {
  const zone = localZone();
  assertEquals(localZone() === zone, true);
  assertEquals(localOffset(JULY), zone.offsetAt(JULY));
});
