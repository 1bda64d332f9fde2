import { cp, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildBundle, generateKeyPair, type Opa, signBundle } from "../../authoring/index.ts";
import { formatMistakes } from "../../core/mistakes.ts";

const root = fileURLToPath(new URL("../../../", import.meta.url));
export const policiesDir = join(root, "policies");
/** Laid over `policies/` for the second bundle of the story. */
export const nextOverlay = join(root, "examples", "maintenance");

export interface DemoBundle {
  readonly file: "demo.tar.gz" | "demo-next.tar.gz";
  readonly revision: string;
  readonly sequence: number;
  readonly overlay?: string;
}

export const demoBundles: readonly DemoBundle[] = [
  { file: "demo.tar.gz", revision: "demo-1", sequence: 1 },
  { file: "demo-next.tar.gz", revision: "demo-2", sequence: 2, overlay: nextOverlay },
];

/** Far enough that nobody's demo stops, and a date all the same: every bundle has one. */
const EXPIRES = "2036-01-01T00:00:00Z";

/** Builds one demo bundle from the sources, unsigned. Throws with the mistakes when the sources have any. */
export async function buildDemoBundle({ revision, sequence, overlay }: DemoBundle, opa: Opa): Promise<Uint8Array> {
  const work = await mkdtemp(join(tmpdir(), "toolgate-policies-"));
  try {
    await cp(policiesDir, work, { recursive: true });
    if (overlay !== undefined) await cp(overlay, work, { recursive: true });
    const options = { policiesDir: work, opa, name: "demo", environment: "demo", expires: EXPIRES };
    const built = await buildBundle({ ...options, revision, sequence });
    if (!built.ok) throw new Error(formatMistakes(built.error));
    return built.value.bytes;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** Writes both demo bundles and the keyring that verifies them. The private key is thrown away with the process. */
export async function writeDemoBundles(folder: string, opa: Opa): Promise<void> {
  const { privateKey, publicKey } = generateKeyPair("ES256");
  for (const bundle of demoBundles) {
    const signed = await signBundle(await buildDemoBundle(bundle, opa), { privateKey, kid: "demo", algorithm: "ES256" });
    if (!signed.ok) throw new Error(signed.error);
    await writeFile(join(folder, bundle.file), signed.value);
  }
  const keyring = {
    version: 1,
    keys: { demo: { algorithm: "ES256", public_key: publicKey, owner: "the demo; its private key was never kept" } },
  };
  await writeFile(join(folder, "keyring.json"), `${JSON.stringify(keyring, null, 2)}\n`);
}
