import { exitCodes, type Terminal } from "./terminal.ts";

/** A terminal that remembers what was said on it, so that a program which asked for JSON gets an answer in each case. */
export interface Listening {
  readonly terminal: Terminal;
  /** Says in one JSON object why a command failed that printed none. */
  answer(code: number, detail?: string): void;
}

/** Whether the command line asks for JSON; a command line that is wrong may ask for it as well. */
export function wantsJson(args: readonly string[]): boolean {
  return args.some((arg, at) => arg === "--json" || arg === "--format=json" || (arg === "--format" && args[at + 1] === "json"));
}

const members: Readonly<Record<number, string>> = {
  [exitCodes.usage]: "usage",
  [exitCodes.unavailable]: "unavailable",
  [exitCodes.bug]: "bug",
};

export function listening(terminal: Terminal): Listening {
  let answered = false;
  const said: string[] = [];
  return {
    terminal: {
      ...terminal,
      out: (text) => {
        answered = true;
        terminal.out(text);
      },
      err: (text) => {
        said.push(text);
        terminal.err(text);
      },
    },
    answer(code, detail = said.join("\n").trim()) {
      if (answered || code === exitCodes.ok) return;
      answered = true;
      terminal.out(JSON.stringify({ ok: false, [members[code] ?? "detail"]: detail }));
    },
  };
}
