/**
 * `node bench/while-adapting.mjs [TURNS]`: the latency of one client that scores, in turns (6 by default) without an
 * adaptation and with one that trains.
 */
import { rowsWith } from './rows.mjs';
import { whileAdaptingBench, whileAdaptingRows } from './service.mjs';

const [turns = '6'] = process.argv.slice(2);
whileAdaptingRows(rowsWith(52, 22), await whileAdaptingBench(Number(turns)));
