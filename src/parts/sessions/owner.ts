import { sha256Hex } from "../../core/digest.ts";

/** The tenant of an owner's key, which is the JSON text of a list that begins with it. */
export function tenantOf(owner: string): string {
  const parts: unknown = JSON.parse(owner);
  const tenant: unknown = Array.isArray(parts) ? parts[0] : undefined;
  if (typeof tenant !== "string") throw new TypeError("an owner's key must be a list that begins with its tenant");
  return tenant;
}

/** How the keys of all owners of a tenant begin. */
export function beginningOf(tenant: string): string {
  return `[${JSON.stringify(tenant)},`;
}

/** A short name for an owner, so that a long subject makes no long keys, and none is readable in them. */
export function shortNameOf(owner: string): string {
  return sha256Hex(owner).slice(0, 40);
}
