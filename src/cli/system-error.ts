const words: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file or folder",
  ENOTDIR: "it is not a folder",
  EISDIR: "it is a folder",
  EACCES: "this user may not",
  EPERM: "this user may not",
  EROFS: "the file system is read-only",
  ENOSPC: "the disk is full",
  EFBIG: "the file would be too large",
  EADDRINUSE: "the port is taken",
};

/** One sentence for what the operating system refused, by the path it is about; undefined for any other error, which is a bug. */
export function systemRefusal(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("syscall" in error) || !("code" in error)) return undefined;
  const what = "path" in error ? `"${String(error.path)}"` : String(error.syscall);
  return `${what}: ${words[String(error.code)] ?? String(error.code)}`;
}
