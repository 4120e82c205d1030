import { describeObjectStore } from './conformance.js';
import { MemoryStore } from './memory-store.js';

const shared = new MemoryStore();
describeObjectStore('memory', () => shared);
