/** The `mediclip` command in a process of its own, without the building that `bin/mediclip.mjs` does first. */
import { main } from '../main.js';

// A start that failed halfway leaves connections and processes open, which must not keep the command alive.
process.exit(await main(process.argv));
