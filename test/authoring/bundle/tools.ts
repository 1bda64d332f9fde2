import { cp, mkdir, mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildBundle, findOpa, type Opa } from "../../../src/authoring/index.ts";

export const fixture = fileURLToPath(new URL("../../fixtures/bundle/policies/", import.meta.url));

/** OPA as it stands on this machine; only authoring and its tests need it. */
export async function needOpa(): Promise<Opa> {
  const opa = await findOpa({ env: process.env });
  if (!opa.ok) throw new Error(opa.error);
  return opa.value;
}

export function temporaryFolder(): Promise<string> {
  return mkdtemp(join(tmpdir(), "toolgate-test-"));
}

/** Writes files by path below a folder. */
export async function writeFiles(folder: string, files: Readonly<Record<string, string | Uint8Array>>): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), content);
  }
}

/** A copy of the fixture's policies with some files in place of others. */
export async function policiesWith(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await temporaryFolder();
  await cp(fixture, folder, { recursive: true });
  await writeFiles(folder, files);
  return folder;
}

export const options = {
  name: "sample",
  revision: "r1",
  sequence: 1,
  expires: "2027-01-01T00:00:00Z",
  environment: "test",
} as const;

export async function build(policiesDir: string = fixture, more: { tenant?: string } = {}) {
  return buildBundle({ policiesDir, opa: await needOpa(), ...options, ...more });
}

/** `package policy.<name>` with METADATA for the crm. */
export function packageText(name: string, rules: string): string {
  return `# METADATA\n# custom:\n#   servers: [crm]\npackage policy.${name}\n\n${rules}\n`;
}
