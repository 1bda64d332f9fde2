import { isIPv4, isIPv6 } from "node:net";
import type { Builtin } from "./builtin.ts";

/** Go's `net.ParseCIDR`: an address without a zone, and a prefix length. */
const cidrIsValid: Builtin = (_, value) => {
  if (typeof value !== "string") return false;
  const [address = "", length = "", ...rest] = value.split("/");
  if (rest.length > 0 || !/^\d{1,6}$/.test(length)) return false;
  if (isIPv4(address)) return Number(length) <= 32;
  return isIPv6(address) && !address.includes("%") && Number(length) <= 128;
};

export const netBuiltins = { "net.cidr_is_valid": cidrIsValid } satisfies Record<string, Builtin>;
