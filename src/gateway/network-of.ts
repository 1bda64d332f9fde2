/** The /24 of an IPv4 address and the /48 of an IPv6 one: enough to see where a flood comes from. */
export function networkOf(ip: string): string {
  const mapped = ip.startsWith("::ffff:") ? ip.slice("::ffff:".length) : ip;
  if (mapped.includes(".")) return `${mapped.split(".").slice(0, 3).join(".")}.0/24`;
  return `${mapped.split(":").slice(0, 3).join(":")}::/48`;
}
