import { DicomwebError } from './dicomweb-error.js';
import { ReferenceVault } from './reference-vault.js';
import { type DicomwebServer, serverOf } from './servers.js';

/** Settings of the exchange with DICOMweb servers. */
export interface DicomwebSettings {
  /** What references to instances are sealed with; without it none is kept. */
  readonly referencesKey?: string | undefined;
  readonly servers: readonly DicomwebServer[];
}

/** What seals references, where they are kept. */
export function vaultOf({ referencesKey }: DicomwebSettings): ReferenceVault | undefined {
  return referencesKey === undefined ? undefined : new ReferenceVault(referencesKey);
}

/**
 * Throws a DicomwebError unless results of this tenant can be sent to the server: `unknown-server`, `no-references`.
 */
export function assertCanSend(settings: DicomwebSettings, server: string, tenant: string): void {
  serverOf(settings.servers, server, tenant);
  if (settings.referencesKey !== undefined) return;
  throw new DicomwebError(
    'no-references',
    'Results go back by references to instances, and none are kept: set MEDICLIP_DICOM_REFERENCES to `sealed`.',
  );
}
