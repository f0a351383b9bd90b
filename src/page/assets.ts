/**
 * The files of the status page as texts, for an executable has no other files. In a module of its own, which
 * is loaded with the first request for the page.
 */
import favicon from "./favicon.svg" with { type: "text" };
import index from "./index.html" with { type: "text" };
import pageCss from "./page.css" with { type: "text" };
import page from "./page.js" with { type: "text" };
import cards from "./parts/cards.css" with { type: "text" };
import clock from "./parts/clock.js" with { type: "text" };
import dom from "./parts/dom.js" with { type: "text" };
import format from "./parts/format.js" with { type: "text" };
import header from "./parts/header.js" with { type: "text" };
import live from "./parts/live.js" with { type: "text" };
import plots from "./parts/plots.js" with { type: "text" };
import servedTime from "./parts/served_time.js" with { type: "text" };
import series from "./parts/series.js" with { type: "text" };
import tables from "./parts/tables.js" with { type: "text" };
import tiles from "./parts/tiles.js" with { type: "text" };
import uplotCss from "uplot/css" with { type: "text" };
import uplot from "uplot" with { type: "text" };
import type { PagePath } from "./files.ts";

export const assets: Readonly<Record<PagePath, string>> = {
  "/": index,
  "/favicon.svg": favicon,
  "/page.css": pageCss,
  "/page.js": page,
  "/parts/cards.css": cards,
  "/parts/clock.js": clock,
  "/parts/dom.js": dom,
  "/parts/format.js": format,
  "/parts/header.js": header,
  "/parts/live.js": live,
  "/parts/plots.js": plots,
  "/parts/served_time.js": servedTime,
  "/parts/series.js": series,
  "/parts/tables.js": tables,
  "/parts/tiles.js": tiles,
  "/uplot.css": uplotCss,
  "/uplot.js": uplot,
};
