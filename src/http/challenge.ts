export const METADATA_PATH = "/.well-known/oauth-protected-resource";

/**
 * The `WWW-Authenticate` value of a 401 (RFC 6750, section 3; RFC 9728, section 5.1). Without a token there is nothing
 * that could be invalid, so no error is named then.
 */
export function challengeFor(publicUrl: string, url: string, problem: string | undefined): string {
  const path = url.split("?", 1)[0] ?? "";
  const metadata = `resource_metadata="${publicUrl}${METADATA_PATH}${SAFE_PATH.test(path) ? path : ""}"`;
  return problem === undefined
    ? `Bearer ${metadata}`
    : `Bearer error="invalid_token", error_description="${quotable(problem)}", ${metadata}`;
}

/** The paths of the doors; anything else a sender put into the URL is not written back into a header. */
const SAFE_PATH = /^\/(?:mcp|servers\/[a-z][a-z0-9-]{0,29}\/mcp)$/;

/** RFC 6750 allows printable ASCII without quote and backslash in a description. */
function quotable(text: string): string {
  return text.replace(/[^\x20-\x7e]|["\\]/g, "'");
}
