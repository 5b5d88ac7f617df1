/**
 * Whether a kernel and a package of these versions work together: by the rules of semantic
 * versioning, so before 1.0 the minor version has to be the same. The oldest kernels have no version.
 */
export function isCompatible(
  kernel: string | undefined,
  ours: string,
): boolean {
  const line = (version: string) => /^(?:0\.)?\d+/.exec(version)?.[0];
  return kernel !== undefined && line(kernel) === line(ours);
}
