import { z } from 'zod';
import { healthSchema, readinessSchema } from '../resources/health.js';
import { json, type Route } from './route.js';

export const serviceRoutes = {
  getHealth: {
    method: 'GET',
    path: '/healthz',
    tag: 'service',
    summary: 'Is the process alive and well?',
    replies: { 200: json('It is.', healthSchema) },
    problems: ['not-ready'],
    open: true,
  },
  getReadiness: {
    method: 'GET',
    path: '/readyz',
    tag: 'service',
    summary: 'Can the server do its work?',
    description: 'Where the server has an operations port, `checks` are told there and are empty here.',
    replies: { 200: json('It can.', readinessSchema) },
    problems: ['not-ready', 'draining'],
    open: true,
  },
  getMetrics: {
    method: 'GET',
    path: '/metrics',
    tag: 'service',
    summary: 'Metrics for Prometheus',
    description: 'Where the server has an operations port, they are there and not here.',
    replies: { 200: { description: 'Text exposition format.', content: { 'text/plain': z.string() } } },
    problems: ['not-found'],
    open: true,
  },
  getDocs: {
    method: 'GET',
    path: '/docs',
    tag: 'service',
    summary: 'This description as a page',
    replies: { 200: { description: 'The page.', content: { 'text/html': z.string() } } },
    open: true,
  },
  getOpenApi: {
    method: 'GET',
    path: '/openapi.json',
    tag: 'service',
    summary: 'This description',
    replies: { 200: json('An OpenAPI 3.1 document.', z.record(z.string(), z.unknown())) },
    open: true,
  },
  getProblemPage: {
    method: 'GET',
    path: '/problems/{slug}',
    tag: 'service',
    summary: 'What a problem means and what to do about it',
    params: z.strictObject({ slug: z.string().min(1).max(100) }),
    replies: { 200: { description: 'The page.', content: { 'text/html': z.string() } } },
    open: true,
  },
} as const satisfies Record<string, Route>;
