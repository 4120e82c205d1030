/** The process of the demo's server: `mediclip serve`. */
import { main } from '../main.js';

process.exitCode = await main([process.execPath, 'mediclip', 'serve']);
