import type { StatusAnswer } from "../../http/index.ts";
import type { Terminal } from "../terminal.ts";

/** What can be done from here, as commands to paste. */
export function nextText({ paint }: Terminal, { rollout, held }: StatusAnswer["state"]): string {
  const mode = rollout?.steps[rollout.step]?.mode;
  const lines =
    mode === undefined
      ? [
          `toolgate rollout shadow ${held ? "" : "bundle.tar.gz "}--for 1h --why "…"`,
          ...(held ? ['toolgate rollout promote --why "…"'] : []),
        ]
      : [
          ...(mode === "shadow" ? ['toolgate rollout canary --percent 5 --for 30m --why "…"'] : []),
          'toolgate rollout promote --why "…"',
          'toolgate rollout rollback --why "…"',
        ];
  return `${paint.dim("Next:")}\n${lines.map((line) => `  ${line}`).join("\n")}`;
}
