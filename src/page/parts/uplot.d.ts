/** The part of uPlot that the page uses. */

/** The part of a CanvasRenderingContext2D, whose name is known to browsers alone. */
interface Context {
  font: string;
  textAlign: string;
  fillStyle: unknown;
  strokeStyle: unknown;
  save(): void;
  restore(): void;
  fillRect(x: number, y: number, width: number, height: number): void;
  fillText(text: string, x: number, y: number): void;
  measureText(text: string): { width: number };
}

export interface UPlot {
  ctx: Context;
  bbox: { left: number; top: number; width: number; height: number };
  cursor: { idx?: number | null };
  valToPos: (value: number, scale: string, canvasPixels: boolean) => number;
  setData(data: (number | null)[][]): void;
  setSize(size: { width: number; height: number }): void;
  destroy(): void;
}

interface Axis {
  values: (plot: UPlot, splits: number[]) => string[];
  [option: string]: unknown;
}

interface Options {
  axes: Axis[];
  hooks: Record<string, ((plot: UPlot) => void)[]>;
  [option: string]: unknown;
}

declare global {
  var uPlot: new (options: Options, data: (number | null)[][], target: object) => UPlot;
}
