import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { findPromtool, temporaryFolder } from '@mediclip/testing';
import { parse, stringify } from 'yaml';

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: { readonly summary: string; readonly runbook: string };
}

const file = fileURLToPath(new URL('../../../../docs/prometheus-rules.yaml', import.meta.url));
const guide = readFileSync(new URL('../../../../docs/operations.md', import.meta.url), 'utf8');
const { groups } = parse(readFileSync(file, 'utf8')) as { groups: { rules: Rule[] }[] };
const rules = groups.flatMap((group) => group.rules);

const program = await findPromtool();

/**
 * The series that make an alert fire within `at`, as promtool writes them: start+step x repetitions, one value a
 * minute.
 */
const firing: Readonly<Record<string, { at: string; series: Readonly<Record<string, string>>; labels: object }>> = {
  MediclipProcessDown: {
    at: '10m',
    series: { 'up{job="mediclip-api",instance="api:8000"}': '0x20' },
    labels: { job: 'mediclip-api', instance: 'api:8000' },
  },
  MediclipRequestsFail: {
    at: '30m',
    series: {
      'mediclip_http_request_duration_seconds_count{status="200"}': '0+90x40',
      'mediclip_http_request_duration_seconds_count{status="500"}': '0+10x40',
    },
    labels: {},
  },
  MediclipScoresSlow: {
    at: '30m',
    series: {
      'mediclip_http_request_duration_seconds_bucket{route="/v1/models/{id}/score",le="5"}': '0+10x40',
      'mediclip_http_request_duration_seconds_bucket{route="/v1/models/{id}/score",le="10"}': '0+60x40',
      'mediclip_http_request_duration_seconds_bucket{route="/v1/models/{id}/score",le="+Inf"}': '0+60x40',
    },
    labels: {},
  },
  MediclipQueueGrows: {
    at: '45m',
    series: {
      'mediclip_queue_depth{kind="scoring",instance="a"}': '30x50',
      'mediclip_queue_depth{kind="scoring",instance="b"}': '30x50',
    },
    labels: { kind: 'scoring' },
  },
  MediclipJobsFail: {
    at: '60m',
    series: { 'mediclip_job_duration_seconds_count{kind="adaptation",outcome="failed"}': '0+1x60' },
    labels: { kind: 'adaptation' },
  },
  MediclipEngineRestarts: {
    at: '60m',
    series: { 'mediclip_engine_restarts_total{instance="worker:8001"}': '0+1x60' },
    labels: { instance: 'worker:8001' },
  },
  MediclipCudaPassedOver: {
    at: '10m',
    series: { 'mediclip_engine_cuda_passed_over{instance="worker:8001"}': '1x20' },
    labels: { instance: 'worker:8001' },
  },
  MediclipModelDrifts: {
    at: '5m',
    series: { 'mediclip_drift_martingale{model="m"}': '150x10' },
    labels: { model: 'm' },
  },
};

/** What a service that is well looks like. */
const well = {
  'up{job="mediclip-api",instance="api:8000"}': '1x60',
  'mediclip_http_request_duration_seconds_count{status="200"}': '0+90x60',
  'mediclip_http_request_duration_seconds_count{status="404"}': '0+10x60',
  'mediclip_queue_depth{kind="scoring"}': '3x60',
  'mediclip_job_duration_seconds_count{kind="adaptation",outcome="failed"}': '1x60',
  'mediclip_engine_restarts_total{instance="worker:8001"}': '1x60',
  'mediclip_engine_cuda_passed_over{instance="worker:8001"}': '0x60',
  'mediclip_drift_martingale{model="m"}': '2x60',
};

const inputs = (series: Readonly<Record<string, string>>) =>
  Object.entries(series).map(([name, values]) => ({ series: name, values }));

/** Runs promtool on one case; throws what it says when an alert does not fire as expected. */
function promtool(
  series: Readonly<Record<string, string>>,
  at: string,
  fires: readonly (Rule & { of: object })[],
): void {
  const expected = (rule: Rule) => fires.filter(({ alert }) => alert === rule.alert);
  const alerts = rules.map((rule) => ({
    eval_time: at,
    alertname: rule.alert,
    exp_alerts: expected(rule).map(({ of, labels, annotations }) => ({
      exp_labels: { ...labels, ...of },
      exp_annotations: { ...annotations, summary: filled(annotations.summary, of) },
    })),
  }));
  const suite = path.join(temporaryFolder(), 'alerts.test.yaml');
  const tests = [{ interval: '1m', input_series: inputs(series), alert_rule_test: alerts }];
  writeFileSync(suite, stringify({ rule_files: [file], evaluation_interval: '1m', tests }));
  execFileSync(program!, ['test', 'rules', suite], { encoding: 'utf8', stdio: 'pipe' });
}

const filled = (summary: string, labels: object) =>
  summary.replace(/\{\{ \$labels\.(\w+) \}\}/g, (_, name: string) => String(labels[name as keyof typeof labels]));

describe('the alerts', () => {
  test('are on metrics of docs/operations.md', () => {
    const listed = [...guide.matchAll(/^\| `(mediclip_\w+)/gm)].map(([, name]) => name);
    for (const { expr } of rules) {
      for (const [name] of expr.matchAll(/\bmediclip_\w+/g)) {
        expect(listed).toContain(name.replace(/_(bucket|sum|count)$/, ''));
      }
    }
  });

  test('name a section that says what to do', () => {
    const anchors = [...guide.matchAll(/^#+ (.+)$/gm)].map(([, title = '']) =>
      title.toLowerCase().replaceAll(' ', '-'),
    );
    for (const { annotations } of rules) {
      const [page, anchor] = annotations.runbook.split('#');
      expect(page).toBe('docs/operations.md');
      expect(anchors).toContain(anchor);
    }
  });

  test('are those that a test makes fire', () => {
    expect(rules.map(({ alert }) => alert)).toEqual(Object.keys(firing));
  });
});

(program === null ? describe.skip : describe)('by promtool', () => {
  test.each(rules.map((rule) => [rule.alert, rule] as const))('%s fires, and no other', (alert, rule) => {
    const { at, series, labels } = firing[alert]!;
    promtool(series, at, [{ ...rule, of: labels }]);
  });

  test('none fires where all is well', () => {
    promtool(well, '60m', []);
  });
});
