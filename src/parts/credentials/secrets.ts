import { readFile, stat } from "node:fs/promises";
import { err, ok, type Result } from "../../core/result.ts";
import type { Clock } from "../../platform/clock.ts";
import type { CredentialsConfig } from "./config.ts";

export type SecretSource = CredentialsConfig[string];

/** One secret, read when it is first needed and again when what is behind it changes. */
export interface Secret {
  /** The value, or why there is none. Never waits when the value was looked at less than a second ago. */
  read(): Result<string, string> | Promise<Result<string, string>>;
  /** All values that this secret had, so that an old one is still recognised. */
  readonly values: ReadonlySet<string>;
}

const LOOK_AGAIN_MS = 1_000;
const MAX_BYTES = 65_536;
/** Old values that are remembered. */
const MAX_VALUES = 8;

export function secretOf(source: SecretSource, environment: Readonly<Record<string, string | undefined>>, clock: Clock): Secret {
  const values = new Set<string>();
  if ("env" in source) {
    return { values, read: () => remember(values, checked(environment[source.env], `the environment variable "${source.env}"`)) };
  }
  return fileSecret(source.file, values, clock);
}

function fileSecret(file: string, values: Set<string>, clock: Clock): Secret {
  let last: Result<string, string> | undefined;
  let version = "";
  let lookedAt = Number.NEGATIVE_INFINITY;
  let looking: Promise<Result<string, string>> | undefined;

  async function look(): Promise<Result<string, string>> {
    try {
      const { mtimeMs, size, ino } = await stat(file);
      const now = `${mtimeMs} ${size} ${ino}`;
      if (last?.ok === true && now === version) return last;
      if (size > MAX_BYTES) return err(`the file "${file}" has ${size} bytes, which is no secret`);
      version = now;
      return remember(values, checked(await readFile(file, "utf8"), `the file "${file}"`));
    } catch (error) {
      const code = error instanceof Error && "code" in error ? String(error.code) : "an error";
      return err(`the file "${file}" cannot be read: ${code}`);
    }
  }

  return {
    values,
    read() {
      const now = clock.now();
      if (last !== undefined && now - lookedAt < LOOK_AGAIN_MS) return last;
      looking ??= look().then((result) => {
        last = result;
        lookedAt = now;
        looking = undefined;
        return result;
      });
      return looking;
    },
  };
}

function checked(raw: string | undefined, label: string): Result<string, string> {
  if (raw === undefined) return err(`${label} is not set`);
  const value = raw.replace(/\r?\n$/, "");
  if (value === "") return err(`${label} is empty`);
  // It goes into a header: anything else would be refused there, or would end the header.
  if (!/^[\t\x20-\x7e\x80-\xff]+$/.test(value)) return err(`${label} has signs that a header may not carry`);
  return ok(value);
}

function remember(values: Set<string>, result: Result<string, string>): Result<string, string> {
  if (!result.ok || values.has(result.value)) return result;
  values.add(result.value);
  const oldest = values.values().next();
  if (values.size > MAX_VALUES && oldest.done !== true) values.delete(oldest.value);
  return result;
}
