/** Debian's Chromium, driven by Playwright. */
import type { Browser, BrowserContext, Page } from "playwright-core";
import type { Needs } from "./needs.ts";

const CHROMIUM = "/usr/bin/chromium";

/** The needs of a test with a browser. */
export const browserNeeds: Needs = {
  files: [CHROMIUM],
  permissions: [{ name: "run" }, { name: "env" }, { name: "read" }, { name: "write" }, {
    name: "sys",
  }],
};

/** Starts a browser without a window. */
export async function openBrowser(...args: string[]): Promise<Browser> {
  // It reads the environment as it is loaded, which tests with the network alone may not.
  const { chromium } = await import("playwright-core");
  // As root there is no sandbox.
  return await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox", ...args] });
}

export type { Browser, BrowserContext, Page };
