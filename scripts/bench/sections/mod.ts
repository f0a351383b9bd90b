/** All sections, in the order in which they are measured. */
import type { Section } from "../section.ts";
import { authenticated } from "./authenticated.ts";
import { bounds } from "./bounds.ts";
import { discipline } from "./discipline.ts";
import { duel } from "./duel.ts";
import { endurance } from "./endurance.ts";
import { fixed } from "./fixed.ts";
import { following } from "./following.ts";
import { growth } from "./growth.ts";
import { offset } from "./offset.ts";
import { overload } from "./overload.ts";
import { rounds } from "./rounds.ts";
import { stamps } from "./stamps.ts";
import { web } from "./web.ts";

/** By name. */
export const sections: ReadonlyMap<string, Section> = new Map(Object.entries({
  ...{ rounds, offset, bounds, stamps, duel, authenticated, fixed, overload, growth, endurance },
  ...{ web, discipline, following },
}));
