import { expect, test } from '@jest/globals';
import { ScoreWork } from './work.js';

test('the images of one call go to the process in one message; one over which it died before goes alone', () => {
  const detector = { id: 'd', folder: '/d' };
  const image = { side: 1, data: new Uint8Array(3) };
  const [first, second] = [1, 2].map((id) => new ScoreWork(id, detector, image, 'someone')) as [ScoreWork, ScoreWork];
  second.died('it was killed');
  expect(ScoreWork.messageOf([first, second])).toEqual({
    ...{ type: 'score', detector, caller: 'someone' },
    images: [
      { id: 1, image, alone: false },
      { id: 2, image, alone: true },
    ],
  });
  expect(first.message()).toEqual(ScoreWork.messageOf([first]));
});
