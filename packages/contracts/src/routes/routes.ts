import type { z } from 'zod';
import { aliasRoutes } from './alias-routes.js';
import { datasetRoutes } from './dataset-routes.js';
import { dicomwebRoutes } from './dicomweb-routes.js';
import { inferenceRoutes } from './inference-routes.js';
import { jobRoutes } from './job-routes.js';
import { modelRoutes } from './model-routes.js';
import type { Route } from './route.js';
import { serviceRoutes } from './service-routes.js';
import { sessionRoutes } from './session-routes.js';
import { usageRoutes } from './usage-routes.js';
import { webhookRoutes } from './webhook-routes.js';

type RouteTable = typeof datasetRoutes &
  typeof modelRoutes &
  typeof aliasRoutes &
  typeof jobRoutes &
  typeof webhookRoutes &
  typeof inferenceRoutes &
  typeof dicomwebRoutes &
  typeof serviceRoutes &
  typeof sessionRoutes &
  typeof usageRoutes;

/** Every operation by its id. The one source of the server's routes, the client's calls and `openapi.yaml`. */
const routes: RouteTable = {
  ...datasetRoutes,
  ...modelRoutes,
  ...aliasRoutes,
  ...jobRoutes,
  ...webhookRoutes,
  ...inferenceRoutes,
  ...dicomwebRoutes,
  ...serviceRoutes,
  ...sessionRoutes,
  ...usageRoutes,
};

/** Id of an operation. */
export type OperationId = keyof RouteTable;

/** Ids of the operations, in the order of the documentation. */
export const operationIds = Object.keys(routes) as OperationId[];

/** The operation as its shape says, without the types of its own schemas. */
export function routeOf(id: OperationId): Route {
  return routes[id];
}

type Parsed<K extends OperationId, Part extends 'params' | 'query' | 'headers'> = RouteTable[K] extends {
  readonly [P in Part]: infer S extends z.ZodType;
}
  ? z.output<S>
  : undefined;

/** Path parameters of an operation. */
export type Params<K extends OperationId> = Parsed<K, 'params'>;

/** Query of an operation, defaults filled in. */
export type Query<K extends OperationId> = Parsed<K, 'query'>;

/** Headers of an operation, beyond those of every operation. */
export type Headers<K extends OperationId> = Parsed<K, 'headers'>;

/** JSON body of an operation, as its schema reads it. */
export type Body<K extends OperationId> = RouteTable[K] extends { body: { json: infer S extends z.ZodType } }
  ? z.output<S>
  : undefined;

/** JSON answer of an operation, as the server sends it. */
export type Answer<K extends OperationId> = {
  [S in keyof RouteTable[K]['replies']]: RouteTable[K]['replies'][S] extends {
    content: { 'application/json': infer J extends z.ZodType };
  }
    ? z.output<J>
    : undefined;
}[keyof RouteTable[K]['replies']];
