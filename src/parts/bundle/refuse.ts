import { err } from "../../core/result.ts";
import type { BundleCode, BundleRefusal } from "./bundle.ts";

export function refuse(code: BundleCode, detail: string): { readonly ok: false; readonly error: BundleRefusal } {
  return err({ code, detail });
}
