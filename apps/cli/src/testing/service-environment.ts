/**
 * The environment of the tests without the settings of the service, on the processor, with these settings. An operator
 * takes one thread: engines of several tests share the cores, and its threads wait for each other busily.
 */
export function serviceEnvironment(given: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('MEDICLIP_'));
  return { ...Object.fromEntries(inherited), MEDICLIP_DEVICE: 'cpu', MEDICLIP_ENGINE_THREADS: '1', ...given };
}
