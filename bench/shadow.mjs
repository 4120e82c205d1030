/**
 * `node bench/shadow.mjs [TURNS]`: the latency of one client that scores by an alias, in turns (16 by default) without
 * a shadow and with one that gets every request.
 */
import { rowsWith } from './rows.mjs';
import { shadowBench, shadowRows } from './service.mjs';

const [turns = '16'] = process.argv.slice(2);
shadowRows(rowsWith(46, 22), await shadowBench(Number(turns)));
