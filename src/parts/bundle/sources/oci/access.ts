import { z } from "zod";
import { decodeUtf8, parseJson } from "../../../../core/json/index.ts";
import { err, ok, type Result } from "../../../../core/result.ts";
import type { Clock } from "../../../../platform/clock.ts";
import type { FetchFailure } from "../polling-source.ts";
import {
  type Answer,
  brokenOff,
  denied,
  failedAnswer,
  headerOf,
  isSafeUrl,
  isThisMachine,
  readBody,
  shownUrl,
  type Transport,
} from "../wire/index.ts";
import { type Challenge, parseChallenges } from "./challenge.ts";

/** An account at a registry. */
export interface Account {
  readonly username: string;
  readonly password: string;
}

export interface AccessOptions {
  readonly registry: URL;
  readonly repository: string;
  readonly actions: "pull" | "pull,push";
  readonly account: () => Promise<Result<Account | undefined, string>>;
  readonly clock: Clock;
}

type Headers = Readonly<Record<string, string>>;

const LARGEST_ANSWER = 256 * 1024;
const LONGEST_TOKEN = 64 * 1024;
/** What a token lasts where its service does not say (Docker's token specification). */
const USUAL_LIFE_S = 60;
const LONGEST_LIFE_S = 3600;
/** A token is not used in its last moments: it would end on the way. */
const SPARE_MS = 5_000;

const jsonLimits = { maxDepth: 16, foldKeysToDepth: 0, unsafeNumbers: "refuse" } as const;
const tokenAnswer = z.looseObject({
  token: z.string().optional(),
  access_token: z.string().optional(),
  expires_in: z.number().positive().optional().catch(undefined),
});

/** What a registry wants to see before it answers: nothing, a password, or a token of its token service. */
export class Access {
  readonly #options: AccessOptions;
  readonly #transport: Transport;
  #headers: Headers = {};
  #until = Number.POSITIVE_INFINITY;

  constructor(transport: Transport, options: AccessOptions) {
    this.#transport = transport;
    this.#options = options;
  }

  /** What is shown now. */
  headers(): Headers {
    if (this.#options.clock.now() >= this.#until) this.#headers = {};
    return this.#headers;
  }

  /** After a 401: gets what the registry asked for. */
  async answer(refused: Answer, signal: AbortSignal): Promise<Result<void, FetchFailure>> {
    const { account, registry } = this.#options;
    this.#headers = {};
    const known = await account();
    if (!known.ok) return err({ code: "source.no_credential", detail: known.error, contacted: true });
    const challenges = parseChallenges(headerOf(refused, "www-authenticate") ?? "");
    const bearer = challenges.find(({ scheme }) => scheme === "bearer");
    if (bearer !== undefined) return this.#token(bearer, known.value, signal);
    if (challenges.some(({ scheme }) => scheme === "basic") && known.value !== undefined) {
      this.#headers = basic(known.value);
      this.#until = Number.POSITIVE_INFINITY;
      return ok(undefined);
    }
    return denied(`"${registry.host}" answered 401${known.value === undefined ? "; no account is configured for it" : ""}`);
  }

  async #token({ parameters }: Challenge, account: Account | undefined, signal: AbortSignal): Promise<Result<void, FetchFailure>> {
    const realm = this.#realm(parameters.get("realm"));
    if (!realm.ok) return denied(realm.error);
    const { repository, actions, clock } = this.#options;
    const url = realm.value;
    const service = parameters.get("service");
    if (service !== undefined) url.searchParams.set("service", service);
    // The scope is ours: a registry that asks for more than this repository gets no token for it.
    url.searchParams.set("scope", `repository:${repository}:${actions}`);
    if (account !== undefined) url.searchParams.set("account", account.username);
    let answer: Answer;
    try {
      answer = await this.#transport.send({ method: "GET", url, headers: account === undefined ? {} : basic(account) }, signal);
    } catch (error) {
      return brokenOff(error, url, false);
    }
    if (answer.status !== 200) {
      answer.body.destroy();
      return failedAnswer(answer, url, clock.now());
    }
    const body = await readBody({ answer, url }, LARGEST_ANSWER);
    return body.ok ? this.#keep(body.value, url) : body;
  }

  #keep(body: Uint8Array, url: URL): Result<void, FetchFailure> {
    const text = decodeUtf8(body);
    const value = text.ok ? parseJson(text.value, jsonLimits) : text;
    const parsed = tokenAnswer.safeParse(value.ok ? value.value : undefined);
    const token = parsed.data?.token ?? parsed.data?.access_token ?? "";
    if (!/^[\x21-\x7e]+$/.test(token) || token.length > LONGEST_TOKEN) return denied(`"${shownUrl(url)}" answered without a token`);
    const lifeS = Math.min(parsed.data?.expires_in ?? USUAL_LIFE_S, LONGEST_LIFE_S);
    this.#headers = { authorization: `Bearer ${token}` };
    this.#until = this.#options.clock.now() + Math.max(1000, lifeS * 1000 - SPARE_MS);
    return ok(undefined);
  }

  /** Where tokens are. The registry names it, and gets no password carried to where it could not be carried by itself. */
  #realm(text: string | undefined): Result<URL, string> {
    const { registry } = this.#options;
    const url = text === undefined ? null : URL.parse(text);
    const asks = `"${registry.host}" asks for a token`;
    if (url === null) return err(`${asks} and does not say where from`);
    if (url.username !== "" || url.password !== "" || !isSafeUrl(url)) return err(`${asks} of "${shownUrl(url)}", wanted https`);
    // A registry elsewhere must not make this gateway speak to what listens beside it.
    if (isThisMachine(url.hostname) && !isThisMachine(registry.hostname)) return err(`${asks} of "${shownUrl(url)}", on this machine`);
    url.hash = "";
    return ok(url);
  }
}

function basic({ username, password }: Account): Headers {
  return { authorization: `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}` };
}
