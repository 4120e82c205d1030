import { render } from 'preact';
import { App } from './app.js';
import { startRouter } from './state/router.js';
import { followSession } from './state/session.js';

startRouter();
followSession();
render(<App />, document.getElementById('page')!);
