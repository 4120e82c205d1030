/** A body that is no multipart form; the message says why, after "The form cannot be read: ". */
export class FormFault extends Error {
  override readonly name = 'FormFault';
}
