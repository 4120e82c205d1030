export { problemOf, sentenceOf } from './problem-of.js';
