import { execFile, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { Readable } from "node:stream";
import { promisify } from "node:util";
import { gunzipSync } from "node:zlib";
import { extract } from "tar-stream";

const run = promisify(execFile);
const executable = process.env.TOOLGATE_OPA ?? "opa";
const cache = new URL("../../../node_modules/.cache/toolgate-policy-tests/", import.meta.url).pathname;

/** Tests that compile Rego are left out only where nobody promised that there is an OPA. */
export const opaIsMissing = process.env.CI === undefined && spawnSync(executable, ["version"]).status !== 0;

export type Modules = Readonly<Record<string, string>>;

/** The module of these sources, built once: kept by the digest of everything that goes into it. */
export async function buildModule(modules: Modules, entrypoints: readonly string[]): Promise<Uint8Array> {
  const digest = createHash("sha256")
    .update(JSON.stringify([modules, entrypoints]))
    .digest("hex");
  const kept = join(cache, `${digest}.wasm`);
  const known = await readFile(kept).catch(() => undefined);
  if (known !== undefined) return known;
  const wasm = await inFolder(modules, async (folder, files) => {
    const bundle = join(folder, "bundle.tar.gz");
    const points = entrypoints.flatMap((point) => ["-e", point]);
    await run(executable, ["build", "-t", "wasm", "-O", "0", ...points, "-o", bundle, ...files]);
    return fileIn(await readFile(bundle), "/policy.wasm");
  });
  await mkdir(cache, { recursive: true });
  await writeFile(`${kept}.${process.pid}`, wasm);
  await rename(`${kept}.${process.pid}`, kept);
  return wasm;
}

/** What OPA itself answers, as text, because its numbers do not fit into doubles. */
export async function evalText(modules: Modules, query: string, flags: readonly string[] = []): Promise<string> {
  return inFolder(modules, async (_folder, files) => {
    const args = ["eval", "-f", "json", ...flags, ...files.flatMap((file) => ["-d", file]), query];
    // OPA says on its standard output what is wrong with a query.
    const { stdout } = await run(executable, args, { maxBuffer: 64 << 20 }).catch((error: { stdout: string; stderr: string }) => {
      throw new Error(`${error.stdout}${error.stderr}`);
    });
    return stdout;
  });
}

async function inFolder<T>(modules: Modules, use: (folder: string, files: readonly string[]) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "toolgate-rego-"));
  try {
    const files = Object.keys(modules).map((name) => join(folder, name));
    for (const file of files) await mkdir(dirname(file), { recursive: true });
    await Promise.all(Object.values(modules).map((text, index) => writeFile(files[index]!, text)));
    return await use(folder, files);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function fileIn(archive: Buffer, wanted: string): Promise<Uint8Array> {
  const entries = Readable.from([gunzipSync(archive)]).pipe(extract());
  let found: Uint8Array | undefined;
  for await (const entry of entries) {
    const chunks: Uint8Array[] = [];
    for await (const chunk of entry) if (chunk instanceof Uint8Array) chunks.push(chunk);
    if (entry.header.name === wanted) found = Buffer.concat(chunks);
  }
  if (found === undefined) throw new Error(`the bundle has no ${wanted}`);
  return found;
}
