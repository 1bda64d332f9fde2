import { randomBytes } from "node:crypto";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { type BundleLimits, defaultBundleLimits, readBundle } from "../../../src/parts/bundle/index.ts";
import { tarOf } from "./sample-bundle.ts";

async function refused(bytes: Uint8Array, limits: Partial<BundleLimits> = {}) {
  const contents = await readBundle(bytes, { ...defaultBundleLimits, ...limits });
  return contents.ok ? "taken" : contents.error.code;
}

const good = { name: "/policy/a.rego", content: "package policy.a\n" };

describe("an archive", () => {
  it("is read by names without the leading slash that OPA writes, or the ./ that tar writes", async () => {
    const bytes = await tarOf([
      { name: "./policy/", type: "directory" },
      good,
      { name: "./data.json", content: "{}" },
      { name: ".manifest", content: "{}" },
    ]);
    const contents = await readBundle(bytes, defaultBundleLimits);
    expect(contents.ok && [...contents.value.files.keys()]).toEqual(["policy/a.rego", "data.json", ".manifest"]);
    expect(contents.ok && Buffer.from(contents.value.files.get("policy/a.rego") ?? []).toString()).toBe(good.content);
  });

  it.each([
    "../evil.rego",
    "/../evil.rego",
    "policy/../../evil.rego",
    "policy/./a.rego",
    "policy//b.rego",
    "//etc/passwd",
    "/",
    "C:/a.rego",
    "a\\..\\b.rego",
    "a\u0000b",
    "policy/\u0001.rego",
  ])("with the path %j is refused", async (name) => {
    const bytes = await tarOf([good, { name, content: "x" }]);
    // tar cuts a name at its NUL; what is left is an ordinary name.
    if (name.includes("\u0000")) expect(["taken", "bundle.unreadable"]).toContain(await refused(bytes));
    else expect(await refused(bytes)).toBe("bundle.unreadable");
  });

  it.each(["symlink", "link", "fifo", "character-device"] as const)("with a %s is refused", async (type) => {
    expect(await refused(await tarOf([good, { name: "policy/b.rego", type, linkname: "/etc/passwd" }]))).toBe("bundle.unreadable");
  });

  it.each([
    ["policy/a.rego", "the same name"],
    ["./policy/a.rego", "the same name in another form"],
    ["policy/A.rego", "a name that differs in case"],
  ])("with %j twice, %s, is refused", async (name) => {
    expect(await refused(await tarOf([good]))).toBe("taken");
    expect(await refused(await tarOf([good, { name, content: "package policy.b\n" }]))).toBe("bundle.unreadable");
  });

  it("with a name that is not in Unicode's composed form is refused", async () => {
    expect(await refused(await tarOf([{ name: "policy/\u00e9.rego" }]))).toBe("taken");
    expect(await refused(await tarOf([{ name: "policy/e\u0301.rego" }]))).toBe("bundle.unreadable");
  });

  it.each([
    "patch.json",
    "x/patch.json",
    "x/data.json",
    "data.yaml",
    "x/data.yml",
    ".manifest.pb",
    "x/.manifest",
    "x/.signatures.json",
    "plan.json",
    "x/policy.wasm",
  ])("with %j, which OPA would act on and this reader does not, is refused", async (name) => {
    expect(await refused(await tarOf([good, { name, content: "{}" }]))).toBe("bundle.unsupported");
  });

  it("that is a bomb, a few bytes that become many, is refused without being unpacked", async () => {
    const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024));
    expect(bomb.byteLength).toBeLessThan(100_000);
    expect(await refused(bomb)).toBe("bundle.too_large");
    expect(await refused(gzipSync(bomb))).toBe("bundle.unreadable");
  });

  it("is held to each of its limits", async () => {
    const bytes = await tarOf([good, { name: "b.rego", content: randomBytes(2000) }]);
    expect(await refused(bytes)).toBe("taken");
    expect(await refused(bytes, { maxBytes: bytes.byteLength - 1 })).toBe("bundle.too_large");
    expect(await refused(bytes, { maxTotalBytes: 2000 })).toBe("bundle.too_large");
    expect(await refused(bytes, { maxFileBytes: 1999 })).toBe("bundle.too_large");
    expect(await refused(bytes, { maxFiles: 1 })).toBe("bundle.too_large");
  });

  it("that is broken off, changed or no archive at all is refused", async () => {
    const bytes = await tarOf([good, { name: "b.rego", content: randomBytes(4000) }]);
    expect(await refused(bytes.subarray(0, bytes.byteLength / 2))).toBe("bundle.unreadable");
    expect(await refused(Buffer.from("hello"))).toBe("bundle.unreadable");
    expect(await refused(new Uint8Array())).toBe("bundle.unreadable");
    expect(await refused(Buffer.concat([bytes, Buffer.from("more")]))).toBe("bundle.unreadable");
    expect(await refused(gzipSync(randomBytes(2048)))).toBe("bundle.unreadable");
  });
});
