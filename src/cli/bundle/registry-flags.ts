import { readFile } from "node:fs/promises";
import { type Command, InvalidArgumentError } from "commander";
import { environment } from "../../app/index.ts";
import { err, ok, type Result } from "../../core/result.ts";
import { type Account, parseReference, type Reference, Registry } from "../../parts/bundle/index.ts";
import { systemClock } from "../../platform/clock.ts";
import { wholeNumber } from "../flags.ts";
import { systemRefusal } from "../system-error.ts";

/** How a registry is reached. */
export interface RegistryFlags {
  readonly username?: string;
  readonly passwordEnv?: string;
  readonly passwordFile?: string;
  readonly ca?: string;
  readonly plainHttp?: boolean;
  readonly timeout: number;
}

const usernameVariable = "TOOLGATE_REGISTRY_USERNAME";
const passwordVariable = "TOOLGATE_REGISTRY_PASSWORD";

export function withRegistryFlags(command: Command): Command {
  return command
    .option("--username <name>", `the account; else ${usernameVariable}`)
    .option("--password-env <name>", `variable with its password; else ${passwordVariable}`)
    .option("--password-file <file>", "file with its password")
    .option("--ca <file>", "authorities (PEM) that count, in place of the usual ones")
    .option("--plain-http", "speak http; for a registry on loopback only")
    .option("--timeout <seconds>", "give up after so long", wholeNumber(1, 86_400), 300);
}

export function reference(text: string): Reference {
  const parsed = parseReference(text);
  if (!parsed.ok) throw new InvalidArgumentError(parsed.error);
  return parsed.value;
}

/** The repository that the flags mean; or why they mean none. */
export async function registryOf(named: Reference, flags: RegistryFlags, actions: "pull" | "pull,push"): Promise<Result<Registry, string>> {
  if (flags.plainHttp && !/^(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:\d+)?$/.test(named.host)) {
    return err(`"${named.host}" is not on this machine: a password and a bundle do not go there without TLS`);
  }
  const account = await accountOf(flags);
  if (!account.ok) return account;
  return ok(
    new Registry({
      reference: named,
      plainHttp: flags.plainHttp === true,
      account: async () => account,
      tls: { ca: flags.ca },
      clock: systemClock,
      timeoutMs: flags.timeout * 1000,
      actions,
    }),
  );
}

async function accountOf({ username: named, passwordEnv, passwordFile }: RegistryFlags): Promise<Result<Account | undefined, string>> {
  const variables = environment();
  const username = named ?? variables[usernameVariable];
  if (passwordEnv !== undefined && passwordFile !== undefined) return err("--password-env and --password-file name two passwords");
  const password = passwordFile === undefined ? variables[passwordEnv ?? passwordVariable] : await passwordIn(passwordFile);
  if (typeof password === "object") return password;
  const where = passwordEnv ?? passwordVariable;
  if (passwordEnv !== undefined && !password) return err(`the variable ${where} is not set`);
  if (username !== undefined && !password) return err(`there is no password for "${username}": set ${where}, or name a --password-file`);
  if (username === undefined && (passwordEnv ?? passwordFile) !== undefined) return err(`there is a password, and no --username`);
  return ok(username === undefined || !password ? undefined : { username, password });
}

async function passwordIn(file: string): Promise<string | Result<never, string>> {
  try {
    return (await readFile(file, "utf8")).replace(/\r?\n$/, "");
  } catch (error) {
    return err(systemRefusal(error) ?? `"${file}" cannot be read`);
  }
}
