type EnsurePrograms = (
  names: readonly string[],
  options: { readonly packages: readonly string[]; readonly without: string },
) => Readonly<Record<string, string>> | null;

/**
 * The path of Prometheus' `promtool`, installed first where that is allowed; null after a loud line where there is
 * none, and the tests that need it are to be skipped then.
 */
export async function findPromtool(): Promise<string | null> {
  const script = new URL('../../../scripts/ensure-packages.mjs', import.meta.url);
  const { ensurePrograms } = (await import(script.href)) as { ensurePrograms: EnsurePrograms };
  const found = ensurePrograms(['promtool'], {
    packages: ['prometheus'],
    without: 'NO PROMTOOL: put promtool on the PATH; the tests that alerts fire when they should are SKIPPED',
  });
  return found?.promtool ?? null;
}
