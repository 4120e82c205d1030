import { z } from 'zod';
import {
  aliasNameSchema,
  aliasPageSchema,
  aliasSchema,
  aliasSetSchema,
  shadowReportSchema,
} from '../resources/aliases.js';
import { pageQuerySchema } from '../resources/pages.js';
import { deleted, json, type Route } from './route.js';

const aliasParams = z.strictObject({ name: aliasNameSchema });

export const aliasRoutes = {
  listAliases: {
    method: 'GET',
    path: '/v1/aliases',
    tag: 'models',
    summary: 'List the aliases',
    query: pageQuerySchema,
    replies: { 200: json('One page of aliases, by name.', aliasPageSchema) },
  },
  getAlias: {
    method: 'GET',
    path: '/v1/aliases/{name}',
    tag: 'models',
    summary: 'Read an alias with its history',
    params: aliasParams,
    replies: { 200: json('The alias.', aliasSchema) },
  },
  setAlias: {
    method: 'PUT',
    path: '/v1/aliases/{name}',
    tag: 'models',
    summary: 'Move an alias to a model',
    description:
      'Makes the alias where there is none. Every path of a model takes `@name` in place of an id from then on. With `ifModelId` ' +
      'it is moved only when it names that model now, so that of two who move it at once one is told.',
    params: aliasParams,
    body: { json: aliasSetSchema },
    replies: { 200: json('The alias.', aliasSchema) },
    problems: ['alias-moved', 'dicomweb-server-unknown', 'study-without-references'],
  },
  getShadow: {
    method: 'GET',
    path: '/v1/aliases/{name}/shadow',
    tag: 'models',
    summary: 'Compare the model of an alias with its shadow',
    description:
      'A share of the requests to `/v1/models/@{name}/score` is scored by the shadow too, after the answer and only while the server has time.',
    params: aliasParams,
    replies: { 200: json('Both models on the same images.', shadowReportSchema) },
    problems: ['alias-without-shadow'],
  },
  deleteAlias: {
    method: 'DELETE',
    path: '/v1/aliases/{name}',
    tag: 'models',
    summary: 'Delete an alias',
    description: 'Its model stays.',
    params: aliasParams,
    replies: { 204: deleted },
  },
  rollBackAlias: {
    method: 'POST',
    path: '/v1/aliases/{name}/rollback',
    tag: 'models',
    summary: 'Move an alias back to the model before',
    description: 'To the latest model of its history that is another one than the present and still exists.',
    params: aliasParams,
    replies: { 200: json('The alias.', aliasSchema) },
    problems: ['alias-without-history'],
  },
} as const satisfies Record<string, Route>;
