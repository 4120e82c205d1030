import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';

/** In the folder that `XDG_CONFIG_HOME` names, or `~/.config`. */
export const loginFile = (): string =>
  path.join(process.env.XDG_CONFIG_HOME || path.join(homedir(), '.config'), 'mediclip', 'login.json');

/** Whether there was a login, by the name of its file alone. */
export const hasLogin = (): boolean => existsSync(loginFile());
