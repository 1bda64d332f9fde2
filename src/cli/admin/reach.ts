import { readFile } from "node:fs/promises";
import type { Command } from "commander";
import { environment } from "../../app/index.ts";
import { foundText } from "../../core/mistakes.ts";
import { isLoopback } from "../../http/index.ts";
import { systemRefusal } from "../system-error.ts";
import { exitCodes, type Terminal } from "../terminal.ts";
import { type AdminClient, adminClient } from "./client.ts";

/** Where the gateway is, and who asks. The token is never part of the command line: others see that in the list of processes. */
export interface AdminFlags {
  readonly admin?: string;
  readonly tokenFile?: string;
  readonly json?: boolean;
}

export function adminFlags(command: Command, json = "print the answer of the admin API"): Command {
  return command
    .option("--admin <url>", "the admin listener; or TOOLGATE_ADMIN")
    .option("--token-file <file>", "a file with your token; or TOOLGATE_TOKEN")
    .option("--json", json);
}

/** The admin API that the flags or the environment name; what is missing is told, and the exit code given back. */
export async function reach(terminal: Terminal, flags: AdminFlags): Promise<AdminClient | number> {
  const variables = environment();
  const place = flags.admin ?? variables.TOOLGATE_ADMIN;
  if (place === undefined || place === "") {
    terminal.err("no gateway is named: give --admin <url> or set TOOLGATE_ADMIN, e.g. http://127.0.0.1:8081");
    return exitCodes.usage;
  }
  const url = URL.parse(place);
  if (url === null || !/^https?:$/.test(url.protocol) || `${url.username}${url.password}${url.search}` !== "") {
    terminal.err(`${foundText(place)} is no address of an admin listener; wanted one like http://127.0.0.1:8081`);
    return exitCodes.usage;
  }
  if (url.protocol === "http:" && !isLoopback(url.hostname)) {
    terminal.err(`${foundText(place)} is not on this machine; wanted https: your token would travel in clear`);
    return exitCodes.usage;
  }
  const token = await tokenOf(terminal, flags.tokenFile, variables.TOOLGATE_TOKEN);
  return typeof token === "number" ? token : adminClient(url.href, token.text);
}

async function tokenOf(
  terminal: Terminal,
  file: string | undefined,
  variable: string | undefined,
): Promise<{ readonly text: string } | number> {
  let text = variable;
  if (file !== undefined) {
    try {
      text = await readFile(file, "utf8");
    } catch (error) {
      terminal.err(`the token cannot be read: ${systemRefusal(error) ?? String(error)}`);
      return exitCodes.unavailable;
    }
  }
  const token = text?.trim().replace(/^Bearer\s+/i, "") ?? "";
  if (/^[\x21-\x7e]+$/.test(token)) return { text: token };
  terminal.err(
    token === ""
      ? "no token is named: give --token-file <file> or set TOOLGATE_TOKEN"
      : `${file === undefined ? "TOOLGATE_TOKEN" : `"${file}"`} does not hold one token and nothing else`,
  );
  return exitCodes.usage;
}
