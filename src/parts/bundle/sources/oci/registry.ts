import { type Digest, sha256 } from "../../../../core/digest.ts";
import { err, ok, type Result } from "../../../../core/result.ts";
import type { Clock } from "../../../../platform/clock.ts";
import type { FetchFailure } from "../polling-source.ts";
import { type Followed, failedAnswer, follow, headerOf, readBody, type TlsFiles, Transport, whatItIs } from "../wire/index.ts";
import { Access, type Account } from "./access.ts";
import { acceptedManifests, type Blob, bundleIn, LARGEST_MANIFEST } from "./manifest.ts";
import { type Reference, referenceText, registryOrigin } from "./reference.ts";

export interface RegistryOptions {
  readonly reference: Reference;
  readonly plainHttp: boolean;
  readonly account: () => Promise<Result<Account | undefined, string>>;
  readonly tls: TlsFiles;
  readonly clock: Clock;
  /** Of a connection. */
  readonly timeoutMs: number;
  readonly actions?: "pull" | "pull,push";
}

/** A manifest whose bytes are what its digest says. */
export interface FetchedManifest {
  readonly digest: Digest;
  readonly bundle: Blob;
}

type Answered<T> = Promise<Result<T, FetchFailure>>;

/** One repository of a registry (https://github.com/opencontainers/distribution-spec), for reading. */
export class Registry {
  readonly reference: Reference;
  readonly transport: Transport;
  readonly access: Access;
  readonly origin: URL;
  readonly clock: Clock;

  constructor({ reference, plainHttp, account, tls, clock, timeoutMs, actions = "pull" }: RegistryOptions) {
    this.reference = reference;
    this.origin = new URL(registryOrigin(reference.host, plainHttp));
    this.transport = new Transport(this.origin.origin, tls, timeoutMs);
    this.access = new Access(this.transport, { registry: this.origin, repository: reference.repository, actions, account, clock });
    this.clock = clock;
  }

  get where(): string {
    return referenceText(this.reference);
  }

  /** The digest that the registry says the reference has now: a hint that saves a download, believed for nothing else. */
  async digestNow(signal: AbortSignal): Answered<string | undefined> {
    const answered = await this.ask("HEAD", this.manifestPath(), { accept: acceptedManifests }, signal);
    if (!answered.ok) return answered;
    answered.value.answer.body.destroy();
    return ok(headerOf(answered.value.answer, "docker-content-digest"));
  }

  async manifest(signal: AbortSignal): Answered<FetchedManifest> {
    const answered = await this.ask("GET", this.manifestPath(), { accept: acceptedManifests }, signal);
    if (!answered.ok) return answered;
    const body = await readBody(answered.value, LARGEST_MANIFEST);
    if (!body.ok) return body;
    const type = headerOf(answered.value.answer, "content-type");
    const digest = sha256(body.value);
    const wanted = this.reference.digest ?? headerOf(answered.value.answer, "docker-content-digest") ?? digest;
    if (digest !== wanted) {
      if (type?.startsWith("text/html")) return this.#noBundle(`found ${whatItIs(body.value, type)}, wanted a manifest`);
      return this.#otherContent(`the manifest of "${this.where}" is ${digest}, wanted ${wanted.slice(0, 80)}`);
    }
    const bundle = bundleIn(body.value, type);
    return bundle.ok ? ok({ digest, bundle: bundle.value }) : this.#noBundle(bundle.error);
  }

  /** The bytes of a blob, which are what its digest says. */
  async blob({ digest, size }: Blob, maxBytes: number, signal: AbortSignal): Answered<Uint8Array> {
    if (size > maxBytes) {
      const detail = `the bundle of "${this.where}" has ${size} bytes, wanted at most ${maxBytes}`;
      return err({ code: "source.too_large", detail, contacted: true });
    }
    const answered = await this.ask("GET", this.#path(`blobs/${digest}`), {}, signal);
    if (!answered.ok) return answered;
    const body = await readBody(answered.value, size);
    if (!body.ok) return body;
    const found = sha256(body.value);
    if (found !== digest) return this.#otherContent(`the bundle of "${this.where}" is ${found}, wanted ${digest}`);
    const other = whatItIs(body.value, headerOf(answered.value.answer, "content-type"));
    return other === undefined ? ok(body.value) : this.#noBundle(`found ${other}`);
  }

  /** Asks once, and once more with what the registry wants to see. Whatever is not 200 is a failure. */
  async ask(method: "GET" | "HEAD", path: string, headers: Readonly<Record<string, string>>, signal: AbortSignal): Answered<Followed> {
    const asked = { method, url: new URL(path, this.origin), headers } as const;
    let followed = await follow(this.transport, { ...asked, secret: this.access.headers() }, signal);
    if (followed.ok && followed.value.answer.status === 401 && this.transport.isHome(followed.value.url)) {
      followed.value.answer.body.destroy();
      const access = await this.access.answer(followed.value.answer, signal);
      if (!access.ok) return access;
      followed = await follow(this.transport, { ...asked, secret: this.access.headers() }, signal);
    }
    if (!followed.ok || followed.value.answer.status === 200) return followed;
    followed.value.answer.body.destroy();
    return failedAnswer(followed.value.answer, followed.value.url, this.clock.now());
  }

  manifestPath(name: string = this.reference.digest ?? this.reference.tag ?? ""): string {
    return this.#path(`manifests/${name}`);
  }

  close(): Promise<void> {
    return this.transport.close();
  }

  #path(rest: string): string {
    return `/v2/${this.reference.repository}/${rest}`;
  }

  #noBundle(found: string): Result<never, FetchFailure> {
    return err({ code: "source.no_bundle", detail: `${found} (under "${this.where}")`, contacted: true });
  }

  #otherContent(detail: string): Result<never, FetchFailure> {
    return err({ code: "source.other_content", detail, contacted: true });
  }
}
