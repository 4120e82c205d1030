import type { ByteChannel, ScoreChannel } from '../score-channel.js';
import { decodeScoreMessage, decodeScoreReply, encodeScoreMessage, encodeScoreReply } from '../score-messages.js';

/** A channel of messages and replies over one of bytes. */
export function overBytes(bytes: ByteChannel): ScoreChannel {
  return {
    request: async (message, options) => decodeScoreReply(await bytes.request(encodeScoreMessage(message), options)),
    serve: (answer, options) =>
      bytes.serve(async (payload, call) => encodeScoreReply(await answer(decodeScoreMessage(payload), call)), options),
    close: () => bytes.close(),
  };
}
