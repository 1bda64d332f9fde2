import type { Mistake } from "../../core/mistakes.ts";
import { buildBundle, generateKeyPair, signBundle } from "../bundle/index.ts";
import type { Opa } from "../opa.ts";
import { countsOf, type TestRun, testOpened } from "../testing/index.ts";
import { workbenchOf } from "../workbench/index.ts";

/** A key that signs for as long as one process develops policies, and the keyring that trusts it. */
export interface ThrowAwayKey {
  readonly privateKey: string;
  /** Text of the keyring. */
  readonly keyring: string;
}

const KID = "dev";
/** How a keyring of ours is told from one that somebody keeps. */
export const throwAwayOwner = "toolgate dev; its private key is thrown away";

export function throwAwayKey(): ThrowAwayKey {
  const { publicKey, privateKey } = generateKeyPair("EdDSA");
  const keys = { [KID]: { algorithm: "EdDSA", public_key: publicKey, owner: throwAwayOwner } };
  return { privateKey, keyring: `${JSON.stringify({ version: 1, keys }, undefined, 2)}\n` };
}

export interface DevelopOptions {
  readonly policiesDir: string;
  readonly opa: Opa;
  readonly key: ThrowAwayKey;
  /** As the gateway expects them. */
  readonly identity: { readonly name: string; readonly environment: string; readonly tenant?: string };
  /** Unix milliseconds; also the sequence, which has to rise. */
  readonly now: number;
}

/** What came of one change of a policies folder. Only `ready` is for a gateway. */
export type Developed =
  | { readonly kind: "mistakes"; readonly mistakes: readonly Mistake[] }
  | { readonly kind: "failed"; readonly run: TestRun }
  | { readonly kind: "ready"; readonly bytes: Uint8Array; readonly revision: string; readonly run: TestRun };

const DAY_MS = 86_400_000;
const TEST_TIMEOUT_MS = 5_000;

/** Checks, builds, tests and signs once. A bundle of it expires after a day: it is for one machine and one sitting. */
export async function develop({ policiesDir, opa, key, identity, now }: DevelopOptions): Promise<Developed> {
  const revision = `dev-${new Date(now).toISOString().slice(11, 19)}`;
  const expires = new Date(now + DAY_MS).toISOString();
  const built = await buildBundle({ policiesDir, opa, ...identity, revision, sequence: now, expires });
  if (!built.ok) return { kind: "mistakes", mistakes: built.error };
  const bench = await workbenchOf(policiesDir, built.value.bytes, built.value.warnings, { timeoutMs: TEST_TIMEOUT_MS });
  if (!bench.ok) return { kind: "mistakes", mistakes: mistakesOf(policiesDir, bench.error) };
  try {
    const tested = await testOpened(policiesDir, bench.value, { opa, coverage: false, timeoutMs: TEST_TIMEOUT_MS });
    if (!tested.ok) return { kind: "mistakes", mistakes: mistakesOf(policiesDir, tested.error) };
    if (countsOf(tested.value).failed > 0) return { kind: "failed", run: tested.value };
    const signed = await signBundle(built.value.bytes, { privateKey: key.privateKey, kid: KID, algorithm: "EdDSA" });
    if (!signed.ok) throw new Error(`the throw-away key does not sign: ${signed.error}`);
    return { kind: "ready", bytes: signed.value, revision, run: tested.value };
  } finally {
    await bench.value.close();
  }
}

type Unopened = Extract<Awaited<ReturnType<typeof workbenchOf>>, { ok: false }>["error"];

function mistakesOf(file: string, error: Unopened): readonly Mistake[] {
  if (error.kind === "mistakes") return error.mistakes;
  return [{ file, path: "", found: error.detail, wanted: "policies that can be tested" }];
}
