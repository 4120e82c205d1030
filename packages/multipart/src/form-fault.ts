/** A body that is not multipart as it should be; the message says why, after "The form cannot be read: ". */
export class FormFault extends Error {
  override readonly name = 'FormFault';
}
