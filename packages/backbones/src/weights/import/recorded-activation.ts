import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { ClipActivation } from '../../families/clip.js';

/**
 * The activation that the configuration beside a weight file names, in OpenCLIP's form (`open_clip_config.json`) or
 * Hugging Face's (`config.json`); undefined where there is none. The weights themselves do not tell.
 */
export function recordedActivation(file: string): ClipActivation | undefined {
  const openClip = readObject(path.join(path.dirname(file), 'open_clip_config.json'), 'model_cfg');
  if (openClip) return openClip.quick_gelu === true ? 'quickgelu' : 'gelu';
  const huggingFace = readObject(path.join(path.dirname(file), 'config.json'), 'vision_config');
  const named = huggingFace?.hidden_act;
  if (named === 'quick_gelu') return 'quickgelu';
  return named === 'gelu' ? 'gelu' : undefined;
}

/**
 * The object under `key` of a JSON file; undefined when there is no such file, or it is another kind of file of that
 * name.
 */
function readObject(file: string, key: string): Record<string, unknown> | undefined {
  if (!existsSync(file)) return undefined;
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
  const part = isRecord(content) ? content[key] : undefined;
  return isRecord(part) ? part : undefined;
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
