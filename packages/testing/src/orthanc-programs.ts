/** Paths of the programs that a test of the way to a PACS needs. */
interface OrthancPrograms {
  readonly orthanc: string;
  /** Orthanc's DICOMweb plugin. */
  readonly plugin: string;
  readonly storescu: string;
  readonly dciodvfy: string;
}

/**
 * Orthanc and what checks DICOM objects, installed first where that is allowed; null after a loud line where there are
 * none.
 */
export async function findOrthanc(): Promise<OrthancPrograms | null> {
  const script = new URL('../../../scripts/ensure-orthanc.mjs', import.meta.url);
  const { ensureOrthanc } = (await import(script.href)) as { ensureOrthanc: () => OrthancPrograms | null };
  return ensureOrthanc();
}
