// What the container engine asks. It needs neither a shell nor curl.
const url = process.env.TOOLGATE_HEALTH_URL ?? "http://127.0.0.1:8080/healthz";
try {
  const answer = await fetch(url, { signal: AbortSignal.timeout(2_000) });
  process.exitCode = answer.ok ? 0 : 1;
} catch {
  process.exitCode = 1;
}
