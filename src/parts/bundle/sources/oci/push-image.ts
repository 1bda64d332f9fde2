import { type Digest, sha256 } from "../../../../core/digest.ts";
import { err, ok, type Result } from "../../../../core/result.ts";
import type { FetchFailure } from "../polling-source.ts";
import { type Answer, brokenOff, failedAnswer, headerOf, type Outgoing, shownUrl } from "../wire/index.ts";
import { type Annotations, manifestFor, mediaTypes } from "./manifest.ts";
import type { Registry } from "./registry.ts";

export interface PushOptions {
  readonly registry: Registry;
  readonly bundle: Uint8Array;
  readonly annotations: Annotations;
  readonly signal: AbortSignal;
  /** Larger bundles go in parts of this size, in bytes. */
  readonly chunkBytes?: number;
  /** Bytes that are there, of all. */
  readonly onProgress?: (done: number, all: number) => void;
}

export interface Pushed {
  readonly digest: Digest;
  /** Everything was there already, the tag included. */
  readonly unchanged: boolean;
}

type Answered<T> = Promise<Result<T, FetchFailure>>;

const CHUNK_BYTES = 8 * 1024 * 1024;
/** OPA and oras look at its type only. */
const config = Buffer.from("{}");

/** Leaves a bundle in a registry. What is there is not sent again, so that a push may be tried as often as one likes. */
export async function pushImage(options: PushOptions): Answered<Pushed> {
  const { registry, bundle, annotations, signal } = options;
  const manifest = manifestFor(config, bundle, annotations);
  const digest = sha256(manifest);
  const { reference } = registry;
  if (reference.digest !== undefined && reference.digest !== digest) {
    return otherContent(`this bundle makes an image ${digest}, and "${registry.where}" names another`);
  }
  const now = await registry.digestNow(signal);
  if (now.ok && now.value === digest) return ok({ digest, unchanged: true });
  if (!now.ok && now.error.code !== "source.not_found") return now;
  for (const blob of [config, bundle]) {
    const there = await pushBlob(options, blob);
    if (!there.ok) return there;
  }
  const url = new URL(registry.manifestPath(reference.tag ?? digest), registry.origin);
  const headers = { "content-type": mediaTypes.manifest };
  const put = await send(registry, { method: "PUT", url, headers, body: manifest }, 201, signal);
  if (!put.ok) return put;
  const told = headerOf(put.value, "docker-content-digest") ?? digest;
  if (told !== digest) return otherContent(`the registry stored ${told.slice(0, 80)}, wanted ${digest}`);
  return confirm(registry, digest, signal);
}

/** What the registry says the reference names, and whether it gives back what was sent. */
async function confirm(registry: Registry, digest: Digest, signal: AbortSignal): Answered<Pushed> {
  const manifest = await registry.manifest(signal);
  if (!manifest.ok) return manifest;
  if (manifest.value.digest === digest) return ok({ digest, unchanged: false });
  return otherContent(`"${registry.where}" names ${manifest.value.digest} now, wanted ${digest}`);
}

async function pushBlob({ registry, bundle, signal, chunkBytes = CHUNK_BYTES, onProgress }: PushOptions, blob: Uint8Array): Answered<void> {
  const tell = (done: number) => (blob === bundle ? onProgress?.(done, blob.byteLength) : undefined);
  const digest = sha256(blob);
  const base = `/v2/${registry.reference.repository}/blobs/`;
  const there = await registry.ask("HEAD", `${base}${digest}`, {}, signal);
  if (there.ok) there.value.answer.body.destroy();
  if (there.ok || there.error.code !== "source.not_found") return there.ok ? ok(undefined) : there;
  const started = await send(registry, { method: "POST", url: new URL(`${base}uploads/`, registry.origin), headers: {} }, 202, signal);
  if (!started.ok) return started;
  let place = placeOf(started.value, registry);
  const whole = blob.byteLength <= chunkBytes;
  for (let from = 0; !whole && place.ok && from < blob.byteLength; from += chunkBytes) {
    const body = blob.subarray(from, from + chunkBytes);
    const headers = { "content-type": "application/octet-stream", "content-range": `${from}-${from + body.byteLength - 1}` };
    const sent = await send(registry, { method: "PATCH", url: place.value, headers, body }, 202, signal);
    if (!sent.ok) return sent;
    place = placeOf(sent.value, registry);
    tell(from + body.byteLength);
  }
  if (!place.ok) return place;
  place.value.searchParams.set("digest", digest);
  const headers = { "content-type": "application/octet-stream" };
  const ended = await send(registry, { method: "PUT", url: place.value, headers, body: whole ? blob : new Uint8Array() }, 201, signal);
  tell(blob.byteLength);
  return ended.ok ? ok(undefined) : ended;
}

/** Sends with what the registry wants to see, and gives the answer if it is the wanted one. */
async function send(registry: Registry, outgoing: Outgoing, wanted: number, signal: AbortSignal): Answered<Answer> {
  const once = async (): Answered<Answer> => {
    try {
      const headers = { ...outgoing.headers, ...registry.access.headers() };
      const answer = await registry.transport.send({ ...outgoing, headers }, signal);
      await answer.body.dump();
      return ok(answer);
    } catch (error) {
      return brokenOff(error, outgoing.url, false);
    }
  };
  let answered = await once();
  if (answered.ok && answered.value.status === 401) {
    const access = await registry.access.answer(answered.value, signal);
    if (!access.ok) return access;
    answered = await once();
  }
  if (!answered.ok || answered.value.status === wanted) return answered;
  return failedAnswer(answered.value, outgoing.url, registry.clock.now());
}

/** Where an upload goes on. Only at the registry itself: the password goes along. */
function placeOf(answer: Answer, registry: Registry): Result<URL, FetchFailure> {
  const location = headerOf(answer, "location");
  const url = location === undefined ? null : URL.parse(location, registry.origin.href);
  if (url?.origin === registry.origin.origin) return ok(url);
  const found = url === null ? "nowhere" : `to "${shownUrl(url)}"`;
  return err({ code: "source.redirected", detail: `"${registry.origin.host}" sends an upload ${found}, wanted itself`, contacted: true });
}

function otherContent(detail: string): Result<never, FetchFailure> {
  return err({ code: "source.other_content", detail, contacted: true });
}
