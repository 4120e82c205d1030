/**
 * How many times longer than on a machine that is idle the work of a test may take here: as many processes as jest has
 * workers compute for a moment, and the time that passes is compared with the time that they had a core. At least 2,
 * because a machine that is idle now may not stay so.
 */
import { spawn } from 'node:child_process';

const program = `
const begin = process.hrtime.bigint();
const cpu = process.cpuUsage();
for (let i = 0, x = 0; i < 2e8; i++) x = (x * 31 + i) | 0;
const { user, system } = process.cpuUsage(cpu);
console.log(Number(process.hrtime.bigint() - begin) / 1e3 / (user + system));
`;

function share() {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'pipe', 'inherit'] });
    let text = '';
    child.stdout.on('data', (chunk) => {
      text += chunk;
    });
    child.once('error', reject);
    child.once('close', () => resolve(Number(text)));
  });
}

export async function timeFactor() {
  const given = Number(process.env.TEST_TIME_FACTOR);
  if (given >= 1) return given;
  const shares = await Promise.all([share(), share()]);
  return Math.min(20, Math.max(2, 2 * Math.max(...shares)));
}
