/**
 * Finds a PACS (Orthanc with its DICOMweb plugin) and the programs that send and check DICOM objects (dcmtk,
 * dicom3tools) for the tests, or installs them from Debian's packages where that is allowed. As a program it prints
 * their paths, and exits non-zero when there are none; as a module call `ensureOrthanc()`.
 */
import { existsSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { ensurePrograms } from './ensure-packages.mjs';

const programs = ['Orthanc', 'storescu', 'dciodvfy'];
const pluginFolder = '/usr/lib/orthanc';

const plugin = () =>
  existsSync(pluginFolder) && readdirSync(pluginFolder).find((name) => name.startsWith('libOrthancDicomWeb.so'));

/**
 * The paths `{ orthanc, plugin, storescu, dciodvfy }`; null, with a loud line on standard error, where they cannot be
 * had.
 */
export function ensureOrthanc() {
  const found = ensurePrograms(plugin() ? programs : [...programs, `${pluginFolder}/libOrthancDicomWeb.so.1.7`], {
    packages: ['orthanc', 'orthanc-dicomweb', 'dcmtk', 'dicom3tools'],
    without:
      'NO ORTHANC: put Orthanc, storescu and dciodvfy on the PATH; every test of the way to a PACS and back is SKIPPED',
  });
  if (found === null) return null;
  const { Orthanc: orthanc, storescu, dciodvfy } = found;
  return { orthanc, plugin: `${pluginFolder}/${plugin()}`, storescu, dciodvfy };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const found = ensureOrthanc();
  if (found === null) process.exitCode = 1;
  else process.stdout.write(`${Object.values(found).join('\n')}\n`);
}
