import { StatusLine } from './parts/status-line.js';
import { AboutScreen } from './screens/about.js';
import { DatasetScreen } from './screens/dataset.js';
import { JobScreen } from './screens/job.js';
import { JobsScreen } from './screens/jobs.js';
import { ModelScreen } from './screens/model.js';
import { ResultsScreen } from './screens/results.js';
import { SignInScreen } from './screens/sign-in.js';
import { StartScreen } from './screens/start.js';
import { announcement } from './state/announce.js';
import { path } from './state/router.js';
import { session } from './state/session.js';

const links = [
  { to: '/', title: 'Start' },
  { to: '/app/jobs', title: 'Jobs' },
  { to: '/app/about', title: 'About' },
] as const;

const ofOne = {
  datasets: DatasetScreen,
  jobs: JobScreen,
  models: ModelScreen,
  results: ResultsScreen,
} as const;

/** The page: navigation, the screen of the path, and what is under way. */
export function App() {
  return (
    <>
      <a class="skip" href="#screen">
        Skip to the content
      </a>
      <header class="top">
        <a class="brand" href="/">
          MediCLIP
        </a>
        {session.value?.signedIn !== false && (
          <nav aria-label="Main">
            {links.map(({ to, title }) => (
              <a key={to} href={to} aria-current={path.value === to ? 'page' : undefined}>
                {title}
              </a>
            ))}
          </nav>
        )}
      </header>
      <main id="screen" tabIndex={-1}>
        <Screen key={session.value?.keyId} />
      </main>
      <StatusLine />
      <footer class="quiet">A research tool, not a medical device.</footer>
      <div class="unseen" role="status" aria-live="polite">
        {announcement.value}
      </div>
    </>
  );
}

function Screen() {
  if (session.value === undefined) return <p class="quiet">Loading …</p>;
  if (!session.value.signedIn) return <SignInScreen />;
  if (path.value === '/' || path.value === '/app' || path.value === '/app/') return <StartScreen />;
  if (path.value === '/app/jobs') return <JobsScreen />;
  if (path.value === '/app/about') return <AboutScreen />;
  const [, kind, id] = /^\/app\/(\w+)\/([0-9a-f-]{36})$/.exec(path.value) ?? [];
  const Found = ofOne[kind as keyof typeof ofOne];
  if (Found !== undefined && id !== undefined) return <Found key={id} id={id} />;
  return (
    <>
      <h1>There is nothing here</h1>
      <p>
        <a href="/">Back to the start</a>
      </p>
    </>
  );
}
