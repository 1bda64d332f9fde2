import type { Writable } from "node:stream";
import type { Behaviour } from "./script.ts";

/** How much of a flood left the server, and whether it is over: written to its end, or cut off by its reader. */
export interface Flood {
  written: number;
  over: boolean;
}

/** Writes no faster than it is read, so that what piles up piles up at the reader. */
export function pour(to: Writable, { head = "", chunk, bytes, tail = "" }: Behaviour & { kind: "flood" }, flood: Flood): void {
  const write = (text: string) => {
    flood.written += Buffer.byteLength(text);
    return to.write(text);
  };
  to.on("close", () => {
    flood.over = true;
  });
  to.on("error", () => {});
  write(head);
  const more = () => {
    while (!to.destroyed && (bytes === undefined || flood.written < bytes)) {
      if (write(chunk)) continue;
      to.once("drain", more);
      return;
    }
    if (to.destroyed || flood.over) return;
    write(tail);
    flood.over = true;
    to.emit("poured");
  };
  more();
}
