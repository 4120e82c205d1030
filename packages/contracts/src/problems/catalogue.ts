/** One kind of problem: what a client program reads (`status`), and what its page tells a person. */
export interface ProblemKind {
  /** HTTP status of an answer that carries it; for the problem of a file or a job, the status it would have alone. */
  readonly status: number;
  /** The same words for every occurrence. */
  readonly title: string;
  readonly meaning: string;
  readonly remedy: string;
  /** The same request may succeed later; `Retry-After` says when. */
  readonly retryable?: true;
}

/** Every problem that the service reports, by the slug of its type. The one source of statuses, bodies and pages. */
const problemCatalogue = {
  'validation-failed': {
    status: 400,
    title: 'The request is not valid',
    meaning: 'A field, a query parameter or a header is missing, unknown or out of its range.',
    remedy: 'Correct what `errors` lists: each entry says where (a JSON pointer) and what is wrong.',
  },
  'malformed-json': {
    status: 400,
    title: 'The body is not JSON',
    meaning: 'The content type says JSON, but the body could not be parsed.',
    remedy: 'Send one complete JSON value in UTF-8.',
  },
  'malformed-multipart': {
    status: 400,
    title: 'The body is not a complete multipart form',
    meaning: 'The form has no valid boundary, ends early, or has parts beyond the limits.',
    remedy: 'Let your HTTP library build the form and its content type; `curl -F` does.',
  },
  'malformed-tensors': {
    status: 400,
    title: 'The tensors behind the JSON are not complete',
    meaning:
      'The lengths that the request states (`Inference-Header-Content-Length`, `binary_data_size`, the four bytes before each image) do not agree with its bytes or with the shape.',
    remedy: 'Let a client of the Open Inference Protocol build the request; `tritonclient` does.',
  },
  unauthenticated: {
    status: 401,
    title: 'No valid API key',
    meaning: 'The server asks for an API key and the request has none, or one that is not known.',
    remedy: 'Send `Authorization: Bearer KEY` with a key made by `mediclip keys create`.',
  },
  'cross-site-request': {
    status: 403,
    title: 'A signed-in browser may send this from its own page only',
    meaning:
      'The request changes something, comes with a session cookie, and does not say `Sec-Fetch-Site: same-origin`.',
    remedy:
      'Open the page over HTTPS or on loopback, where browsers send that header; programs send an API key instead.',
  },
  'not-found': {
    status: 404,
    title: 'There is nothing with this id',
    meaning: 'The id in the path or the body names nothing that this key may see; it may have been deleted.',
    remedy: 'Check the id against the list of its kind, for example `GET /v1/models`.',
  },
  'route-not-found': {
    status: 404,
    title: 'There is no such path',
    meaning: 'The server has no resource at this path.',
    remedy: 'Compare the path with `/docs`.',
  },
  'method-not-allowed': {
    status: 405,
    title: 'The method is not offered here',
    meaning: 'The path exists, but not with this method.',
    remedy: 'Use one of the methods of the `Allow` header.',
  },
  'not-acceptable': {
    status: 406,
    title: 'No answer in an accepted media type',
    meaning: 'The `Accept` header asks for a media type that this answer does not come in.',
    remedy:
      'Ask for one of the media types in `/docs`; an overlay (`image/png`) needs exactly one image in the request.',
  },
  'request-timeout': {
    status: 408,
    title: 'The request took too long to arrive',
    meaning: 'The body was not complete within the time limit; nothing of it was kept.',
    remedy: 'Send smaller requests or use a faster connection.',
  },
  'payload-too-large': {
    status: 413,
    title: 'The body is too large',
    meaning: 'The body exceeds the limit for this path; `limit` is that limit in bytes.',
    remedy: 'Split the upload, or raise the limit in the settings of the server.',
  },
  'unsupported-media-type': {
    status: 415,
    title: 'The content type is not supported here',
    meaning: 'The path takes another content type than the one that was sent.',
    remedy: 'Send the content type that `/docs` names for this path.',
  },
  'idempotency-key-invalid': {
    status: 400,
    title: 'The idempotency key is not valid',
    meaning: 'An `Idempotency-Key` has 1 to 255 visible ASCII characters.',
    remedy: 'Use a random key such as a UUID.',
  },
  'idempotency-key-reused': {
    status: 422,
    title: 'The idempotency key belongs to another request',
    meaning: 'The same key came with another body within the last 24 hours.',
    remedy: 'Use a new key for every new request, the same key only to repeat one.',
  },
  'idempotency-in-progress': {
    status: 409,
    title: 'The first request with this idempotency key is still running',
    meaning: 'A request with the same key and body has not been answered yet.',
    remedy: 'Repeat it after the time that `Retry-After` gives.',
    retryable: true,
  },
  'rate-limited': {
    status: 429,
    title: 'Too many requests',
    meaning: 'This key sent more requests than its limit allows.',
    remedy: 'Wait as long as `Retry-After` says.',
    retryable: true,
  },
  'too-many-streams': {
    status: 429,
    title: 'Too many event streams',
    meaning: 'This key, or all clients of the server together, follow as many jobs as the server allows.',
    remedy:
      'End streams that are no longer needed, or read the job now and then instead. `limit` says how many there may be.',
    retryable: true,
  },
  'queue-full': {
    status: 429,
    title: 'The queue is full',
    meaning: 'As many jobs are waiting as the server accepts.',
    remedy: 'Wait as long as `Retry-After` says, or cancel jobs that are no longer needed.',
    retryable: true,
  },
  'too-many-jobs': {
    status: 429,
    title: 'Too many jobs have not ended',
    meaning: 'As many jobs of this key wait or run as the server allows one tenant; `limit` is that number.',
    remedy: 'Wait as long as `Retry-After` says, or cancel jobs that are no longer needed.',
    retryable: true,
  },
  overloaded: {
    status: 503,
    title: 'The server is overloaded',
    meaning: 'The server sheds load to keep answering those it has accepted.',
    remedy: 'Wait as long as `Retry-After` says.',
    retryable: true,
  },
  draining: {
    status: 503,
    title: 'The server is stopping',
    meaning: 'The server finishes what it has accepted and takes nothing new.',
    remedy: 'Send the request to another server, or again after the restart.',
    retryable: true,
  },
  'not-ready': {
    status: 503,
    title: 'The server is not ready',
    meaning: 'A part that the server needs is not there yet; `checks` names it.',
    remedy: 'Wait until `/readyz` answers 200.',
    retryable: true,
  },
  'store-unavailable': {
    status: 503,
    title: 'The store cannot be reached',
    meaning: 'Records and images could not be read or written.',
    remedy:
      'Repeat the request; if it goes on, check the store that `MEDICLIP_STORE_URL` or `MEDICLIP_DATA_DIR` names.',
    retryable: true,
  },
  'store-forbidden': {
    status: 503,
    title: 'The store refuses the server',
    meaning: 'The server may not read or write there: missing permissions, a read-only file system, wrong credentials.',
    remedy: 'Give the server the right to read and write its store and data folder, then repeat the request.',
    retryable: true,
  },
  'storage-full': {
    status: 507,
    title: 'The store is full',
    meaning: 'There is no room left to write; nothing of the request was kept.',
    remedy: 'Delete data sets and models that are no longer needed, or give the store more room.',
  },
  'quota-exceeded': {
    status: 507,
    title: 'The room of this key is used up',
    meaning:
      'What is stored for one tenant has reached a limit of the server, or would pass it with this request, of which nothing was kept; `limit` is that limit.',
    remedy: 'Compare `GET /v1/usage`, and delete data sets, models and results that are no longer needed.',
  },
  'queue-unavailable': {
    status: 503,
    title: 'The queue cannot be reached',
    meaning: 'The job could not be handed to the workers; nothing of it was kept.',
    remedy: 'Repeat the request; if it goes on, check the server that `MEDICLIP_REDIS_URL` names.',
    retryable: true,
  },
  'out-of-memory': {
    status: 503,
    title: 'The server ran out of memory',
    meaning: 'There was not enough memory for this piece of work; nothing of it was kept.',
    remedy: 'Repeat the request with fewer or smaller images, or give the server more memory.',
    retryable: true,
  },
  'too-many-open-files': {
    status: 503,
    title: 'The server has too many files open',
    meaning: 'The operating system lets the server open no further file; nothing of the request was kept.',
    remedy: 'Repeat the request; if it goes on, raise the limit of open files (`ulimit -n`).',
    retryable: true,
  },
  internal: {
    status: 500,
    title: 'The server made a mistake',
    meaning: 'Something happened that should be impossible. The cause is in the log of the server.',
    remedy: 'Report it with the `requestId` of this answer.',
  },

  'image-empty': {
    status: 422,
    title: 'The file is empty',
    meaning: 'The file has no bytes.',
    remedy: 'Send the file again; check that it was not empty on your side.',
  },
  'image-too-large': {
    status: 413,
    title: 'The file is too large',
    meaning: 'The file exceeds the limit for one image; `limit` is that limit in bytes.',
    remedy: 'Reduce the image, or raise the limit in the settings of the server.',
  },
  'image-too-many-pixels': {
    status: 422,
    title: 'The image has too many pixels',
    meaning: 'Width times height exceeds the limit; `limit` is that limit in pixels.',
    remedy: 'Reduce the image, or raise the limit in the settings of the server.',
  },
  'image-too-small': {
    status: 422,
    title: 'The image is too small',
    meaning: 'The image has fewer pixels a side than anything could be seen in.',
    remedy: 'Send the image in its original size.',
  },
  'image-too-many-frames': {
    status: 422,
    title: 'The file has too many frames',
    meaning: 'A multi-frame file has more frames than the limit; `limit` is that limit.',
    remedy: 'Send the frames that matter as files of their own.',
  },
  'image-unsupported-format': {
    status: 415,
    title: 'The format of the image is not supported',
    meaning: 'The content of the file is not one of the formats that are read; its name does not matter.',
    remedy: 'Convert it to PNG, JPEG, WebP, TIFF, BMP, GIF, DICOM or NIfTI.',
  },
  'image-unsupported-encoding': {
    status: 415,
    title: 'The encoding inside the image file is not supported',
    meaning: 'The format is known, but not this compression, transfer syntax or pixel layout.',
    remedy: 'Save the image with a common encoding, for DICOM uncompressed or JPEG 2000.',
  },
  'image-corrupt': {
    status: 422,
    title: 'The image cannot be decoded',
    meaning: 'The file contradicts its format.',
    remedy: 'Open it with an image viewer; save it anew or leave it out.',
  },
  'image-without-pixels': {
    status: 422,
    title: 'The file has no pixels',
    meaning: 'A DICOM file such as a report or a presentation state carries no image.',
    remedy: 'Send the file of the series that holds the pixels.',
  },
  'image-decode-timeout': {
    status: 422,
    title: 'Decoding the image took too long',
    meaning: 'The time limit for one image passed; such files are often built to exhaust a server.',
    remedy: 'Save the image anew, or raise the limit in the settings of the server.',
  },
  'image-out-of-memory': {
    status: 503,
    title: 'Memory ran out while the image was decoded',
    meaning: 'The image may be sound; the server had no memory left for it.',
    remedy: 'Wait as long as `Retry-After` says, or send a smaller image.',
    retryable: true,
  },
  'mask-without-image': {
    status: 400,
    title: 'The mask belongs to no image',
    meaning: 'A `mask` part belongs to the `file` part just before it, and there was none, or it already had a mask.',
    remedy: 'Send every mask right after its image.',
  },
  'mask-size-differs': {
    status: 422,
    title: 'The mask has another size than its image',
    meaning: 'Mask and image must have the same width and height.',
    remedy: 'Send a mask in the size of its image; the image was not kept either.',
  },

  'listed-file-missing': {
    status: 422,
    title: 'A listed file is not in the archive',
    meaning: 'A sample list names an image, or the mask of an image, that the archive does not have below `images/`.',
    remedy: 'Add the file, or mend the list; other files were taken.',
  },

  'archive-unsupported-format': {
    status: 415,
    title: 'The archive format is not supported',
    meaning: 'The body is neither a zip nor a tar, gzipped or not; it is told by content.',
    remedy: 'Pack the folder with `zip -r` or `tar -czf`.',
  },
  'archive-corrupt': {
    status: 422,
    title: 'The archive cannot be read',
    meaning: 'The archive ends early or contradicts its format; nothing of it was kept.',
    remedy: 'Pack it again and compare its digest before and after the transfer.',
  },
  'archive-unsafe-path': {
    status: 422,
    title: 'The archive has an unsafe path',
    meaning: 'An entry is absolute or climbs out of its folder; nothing of the archive was kept. `entry` names it.',
    remedy: 'Pack the folder with relative paths below it.',
  },
  'archive-link': {
    status: 422,
    title: 'The archive has a link or a special file',
    meaning: 'Only plain files and folders are taken; nothing of the archive was kept. `entry` names the other one.',
    remedy: 'Pack the files themselves: `zip -r` follows links, `tar` does with `-h`.',
  },
  'archive-duplicate-entry': {
    status: 422,
    title: 'The archive has two entries of one name',
    meaning: 'Which of them counts would be a guess, so nothing of the archive was kept. `entry` names it.',
    remedy: 'Pack every file once, under a name of its own.',
  },
  'archive-encrypted': {
    status: 422,
    title: 'The archive is encrypted',
    meaning: 'An entry needs a password; nothing of the archive was kept.',
    remedy: 'Pack it without a password and rely on TLS for the transfer.',
  },
  'archive-unsupported-method': {
    status: 415,
    title: 'The archive uses a compression method that is not supported',
    meaning:
      'A zip may store its entries or compress them with Deflate; nothing of the archive was kept. `entry` names the first other one.',
    remedy: 'Pack the folder with `zip -r` or `tar -czf`: Windows uses Deflate64 for files above 2 GB.',
  },
  'archive-names-too-long': {
    status: 413,
    title: 'The archive has names that are too long',
    meaning:
      'The name of an entry, what stands before an entry, or all names together are longer than the limit; nothing of it was kept. `limit` is that limit in bytes.',
    remedy: 'Shorten the names of folders and files, or split the archive.',
  },
  'archive-expands-too-much': {
    status: 413,
    title: 'The archive expands too much',
    meaning: 'Its unpacked size, or the ratio to its packed size, exceeds the limit; nothing of it was kept.',
    remedy: 'Split the archive, or raise the limit in the settings of the server.',
  },
  'archive-too-many-entries': {
    status: 413,
    title: 'The archive has too many entries',
    meaning: 'It has more entries than the limit; nothing of it was kept. `limit` is that limit.',
    remedy: 'Split the archive.',
  },
  'archive-layout-unknown': {
    status: 422,
    title: 'The archive has no known layout',
    meaning: 'No file lies where images are expected; nothing of the archive was kept.',
    remedy:
      'Use `train/normal/`, `test/normal/`, `test/abnormal/` and `masks/`, or `images/` with `samples/train.json` and `samples/test.json`; or put normal training images at the top. Of several data sets, send each by itself.',
  },
  'archive-manifest-invalid': {
    status: 422,
    title: 'A sample list of the archive is not valid',
    meaning:
      'A line of `samples/train.json` or `samples/test.json` could not be read, or nothing that they name is there; nothing of the archive was kept.',
    remedy: 'Write one JSON object a line with `filename`, `label`, `clsname` and, if there is one, `mask`.',
  },

  'model-archive-invalid': {
    status: 422,
    title: 'The archive is no exported model',
    meaning: 'It lacks files of an exported model, or its files do not belong together; nothing of it was kept.',
    remedy: 'Send the archive that `GET /v1/models/{id}/export` gave, as it came, to a server of the same version.',
  },
  'model-archive-changed': {
    status: 422,
    title: 'The exported model was changed',
    meaning:
      'A file of the archive was changed, added or taken away since the export; nothing of it was kept. `entry` names it.',
    remedy: 'Export the model again and send the archive as it came.',
  },

  'data-set-in-use': {
    status: 409,
    title: 'The data set is in use',
    meaning: 'Jobs that have not ended read its images; `jobIds` names them.',
    remedy: 'Wait for these jobs or cancel them, then repeat the request.',
  },
  'group-parted': {
    status: 409,
    title: 'A group would be in train and test',
    meaning:
      'Images of one group (a patient, a study, a series, a volume) are alike: with some of them in train and others in test, figures would flatter the model. `group` is such a group.',
    remedy:
      'Put all images of the group into one split (`PATCH` of one of them with `wholeGroup` moves all), or give the images other groups.',
  },
  'model-in-use': {
    status: 409,
    title: 'The model is in use',
    meaning: 'Jobs that have not ended use it; `jobIds` names them.',
    remedy: 'Wait for these jobs or cancel them, then repeat the request.',
  },
  'model-not-calibrated': {
    status: 409,
    title: 'The model is not calibrated',
    meaning: 'There are no scores of normal images that a threshold could be drawn from.',
    remedy: 'Calibrate the model (`POST /v1/models/{id}/calibration`), or set a threshold by hand.',
  },
  'too-many-pinned-models': {
    status: 409,
    title: 'No more models can be kept warm',
    meaning: 'As many models are pinned as a tenant may have; `limit` is that number.',
    remedy: 'Unpin another model first: `PUT /v1/models/{id}/residency` with `pinned: false`.',
  },
  'model-without-memory': {
    status: 409,
    title: 'The model has no memory',
    meaning:
      'Images are added to the memory of normal patches, and this model has none: it was adapted with the paper preset, with a memory ' +
      'that weighs nothing, or to one image.',
    remedy: 'Adapt a model to the old and the new images together.',
  },
  'model-normals-missing': {
    status: 409,
    title: 'The normal images of the model are not here',
    meaning:
      'A revision reads the normal images that the model knows again. Some were deleted or changed, or the model was imported.',
    remedy: 'Adapt a model to the normal images that there are.',
  },
  'evaluation-without-scores': {
    status: 409,
    title: 'The evaluation kept no scores',
    meaning: 'It was made by an earlier version, which kept its figures only.',
    remedy: 'Evaluate the model again.',
  },
  'model-has-alias': {
    status: 409,
    title: 'An alias names the model',
    meaning: 'Aliases name it; `aliases` lists them. Requests by alias would fail without it.',
    remedy: 'Move these aliases to another model or delete them, then repeat the request.',
  },
  'alias-moved': {
    status: 409,
    title: 'The alias names another model',
    meaning: 'The alias does not name the model of `ifModelId`: somebody has moved it in between.',
    remedy: 'Read the alias, decide again, and repeat the request with the model that it names now.',
  },
  'alias-without-shadow': {
    status: 409,
    title: 'The alias has no shadow',
    meaning: 'No second model scores the requests of this alias.',
    remedy: 'Give it one: `PUT /v1/aliases/{name}` with `shadow`.',
  },
  'too-many-webhooks': {
    status: 409,
    title: 'There are too many webhooks',
    meaning: 'A tenant may have 20 webhooks, and has them.',
    remedy: 'Delete one that is no longer needed; one webhook may ask for several events.',
  },
  'alias-without-history': {
    status: 409,
    title: 'There is no model to go back to',
    meaning: 'The alias has named no other model that still exists.',
    remedy: 'Move the alias to a model with `PUT`.',
  },
  'study-without-references': {
    status: 409,
    title: 'It is not known which instances the images come from',
    meaning:
      'The UIDs of instances are kept only while `MEDICLIP_DICOM_REFERENCES` is `sealed`, and only of DICOM files.',
    remedy: 'Set it and a key file, then send the study again.',
  },
  'references-sealed-otherwise': {
    status: 409,
    title: 'The references to instances cannot be opened',
    meaning: 'They were sealed with another key than the server has now, or have changed since.',
    remedy: 'Give `MEDICLIP_DICOM_REFERENCES_KEY_FILE` the file of that time, or send the study again.',
  },
  'dicomweb-server-unknown': {
    status: 422,
    title: 'There is no such DICOMweb server',
    meaning: 'The file of DICOMweb servers has none of this name that this key may use.',
    remedy: 'Use a name of the file that `MEDICLIP_DICOMWEB_SERVERS_FILE` names, or add the server there.',
  },
  'dicomweb-unreachable': {
    status: 503,
    title: 'The DICOMweb server cannot be reached',
    meaning: 'It did not answer, or with a fault of its own, several times.',
    remedy: 'Check that it runs, then repeat the request; objects that it has already are not sent twice.',
    retryable: true,
  },
  'dicomweb-refused': {
    status: 502,
    title: 'The DICOMweb server refuses',
    meaning:
      'It does not accept the credentials, the request or the objects, leads elsewhere, or answers with what DICOMweb does not know.',
    remedy: 'Read `detail`; check the URL and the headers of the server in the file of DICOMweb servers.',
  },
  'data-set-full': {
    status: 409,
    title: 'The data set is full',
    meaning: 'It has as many images as the server allows in one data set; `limit` is that number.',
    remedy: 'Delete images, or use another data set.',
  },
  'too-few-images': {
    status: 422,
    title: 'The data set has too few images',
    meaning:
      'The job needs more images of a split and label than there are; `needed` and `available` give both numbers.',
    remedy: 'Upload more images, or ask for less (for an adaptation: fewer `shots`).',
  },
  'shots-too-alike': {
    status: 422,
    title: 'The training images are copies of one picture',
    meaning:
      'The normal training images are equal or nearly so, such as frames of one film: nothing can be measured among them.',
    remedy: 'Upload normal images of other people; two distinct pictures are the least, eight or more are better.',
  },
  'backbone-unknown': {
    status: 422,
    title: 'There is no such backbone',
    meaning: 'The catalogue does not list it.',
    remedy: 'Choose an id of `GET /v1/backbones`.',
  },
  'backbone-weights-missing': {
    status: 409,
    title: 'The weights of the backbone are not here',
    meaning: 'The catalogue knows the backbone, but its weights were not imported on this server.',
    remedy: 'Run `mediclip weights pull ID` or `mediclip weights import FILE` on the server.',
  },
  'backbone-weights-differ': {
    status: 409,
    title: 'The weights of the backbone are others here',
    meaning: 'The model was made with weights of its backbone that have another digest than those on this server.',
    remedy: 'Run `mediclip weights import FILE` with the weights that the model was made with, or adapt a model here.',
  },
  'backbone-weights-unusable': {
    status: 409,
    title: 'The weights of the backbone cannot be used',
    meaning: 'A file of weights on this server is damaged, incomplete, or not of the backbone that it lies under.',
    remedy:
      'Do what `detail` says, or bring the weights again with `mediclip weights pull ID` or `mediclip weights import FILE`.',
  },
  'checkpoint-mismatch': {
    status: 409,
    title: 'The checkpoint is of another adaptation',
    meaning: 'The adaptation was begun with other options, images or weights than those it should go on with.',
    remedy: 'Start the adaptation anew.',
  },
  'digest-mismatch': {
    status: 500,
    title: 'Stored bytes have changed',
    meaning: 'A file of weights, a model or an image does not match the digest recorded for it, so it was not used.',
    remedy: 'Restore the file from a backup, or import, adapt or upload it again.',
  },
  'job-already-ended': {
    status: 409,
    title: 'The job has already ended',
    meaning: 'A job that succeeded or failed can no longer be cancelled.',
    remedy: 'Nothing is left to cancel; delete its result if it is not wanted.',
  },
  'job-not-ended': {
    status: 409,
    title: 'The job has not ended',
    meaning: 'Only a job that has ended can be deleted.',
    remedy: 'Wait for its end at `GET /v1/jobs/{id}/events`, or cancel it, then repeat the request.',
  },
  'job-not-finished': {
    status: 409,
    title: 'The job has not succeeded',
    meaning: 'Results exist once a job has succeeded.',
    remedy: 'Wait for its end at `GET /v1/jobs/{id}/events`; if it failed, its `error` says why.',
  },
  'job-without-results': {
    status: 409,
    title: 'The job has no results by image',
    meaning: 'Only scorings have results by image.',
    remedy: "Read the `result` of the job: it names the adaptation's model or the evaluation.",
  },
  'device-out-of-memory': {
    status: 503,
    title: 'The device ran out of memory',
    meaning: 'The work did not fit in the memory of the device.',
    remedy: 'Use a smaller `batchSize` or backbone, or a device with more memory.',
  },
  'half-precision-overflow': {
    status: 503,
    title: 'The backbone leaves the range of half precision',
    meaning:
      'A GPU computes the image tower in half precision, and the features of this backbone are too large for it.',
    remedy: 'Have a worker with `MEDICLIP_PRECISION=float32` do it, or take another backbone.',
  },
  'engine-crashed': {
    status: 503,
    title: 'The compute engine ended unexpectedly',
    meaning: 'The process that computes ended and is started again; a job goes on from its last checkpoint by itself.',
    remedy: 'Repeat the request; if it goes on, read the log of the server.',
    retryable: true,
  },
  'deadline-exceeded': {
    status: 504,
    title: 'The answer was not ready in time',
    meaning: 'The server had too much to do to decode and score the images within the time limit.',
    remedy: 'Repeat the request later, send fewer images at once, or use a scoring job.',
    retryable: true,
  },
  'training-diverged': {
    status: 422,
    title: 'The training diverged',
    meaning: 'The loss stopped being a finite number, so no model was kept.',
    remedy: 'Use a lower `learningRate`, and look at the training images.',
  },
  'job-time-limit': {
    status: 504,
    title: 'The job ran too long',
    meaning: 'The job did not end within the time that the server lets a job run; `limit` is that time in seconds.',
    remedy: 'Ask for less: fewer epochs or images, a smaller backbone; or raise `MEDICLIP_MAX_JOB_HOURS`.',
  },
  'attempts-exhausted': {
    status: 500,
    title: 'The job was given up',
    meaning: 'The job was interrupted more often than it may be taken up again.',
    remedy: 'Read the log of the workers for what ended them, then start the job anew.',
  },
  cancelled: {
    status: 409,
    title: 'The job was cancelled',
    meaning: 'Someone asked for the job to be cancelled; it left nothing behind.',
    remedy: 'Start it anew if it is still wanted.',
  },
} as const satisfies Record<string, ProblemKind>;

/** Slug of a problem type. */
export type ProblemSlug = keyof typeof problemCatalogue;

/** Every slug, in the order of the catalogue. */
export const problemSlugs = Object.keys(problemCatalogue) as ProblemSlug[];

/** The entry of a slug. */
export function problemKind(slug: ProblemSlug): ProblemKind {
  return problemCatalogue[slug];
}

/** True when `text` is the slug of a known problem. */
export function isProblemSlug(text: string): text is ProblemSlug {
  return Object.hasOwn(problemCatalogue, text);
}

/** The `type` of a problem: a reference to its page, relative to the root of the server. */
export function problemType(slug: ProblemSlug): string {
  return `/problems/${slug}`;
}
