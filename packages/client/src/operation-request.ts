import { type OperationId, routeOf } from '@mediclip/contracts';
import type { PostOptions } from './call-options.js';
import type { TransportRequest } from './transport.js';

/** What a call of an operation fills in. */
export interface OperationRequest {
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  readonly body?: TransportRequest['body'];
  readonly accept?: string;
  readonly options?: PostOptions | undefined;
}

/** The path of an operation with its parameters in place. */
export function pathOf(id: OperationId, params: Readonly<Record<string, string>> = {}): string {
  return routeOf(id).path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(params[name]!));
}

/** The HTTP request of an operation. */
export function transportRequest(id: OperationId, request: OperationRequest): TransportRequest {
  const { params, query = {}, body, accept, options } = request;
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined) search.append(name, String(value));
  return {
    method: routeOf(id).method,
    path: pathOf(id, params) + (search.size > 0 ? `?${search}` : ''),
    signal: options?.signal,
    ...(accept !== undefined && { accept }),
    ...(body && { body }),
    ...(options?.idempotencyKey !== undefined && { headers: { 'idempotency-key': options.idempotencyKey } }),
  };
}
