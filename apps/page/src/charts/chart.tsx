import type { SvgElement } from '@mediclip/charts';
import { h, type VNode } from 'preact';

/** A chart as the report draws it. */
export function Chart({ chart }: { chart: SvgElement }): VNode {
  return toNode(chart);
}

const toNode = ({ name, attributes, children }: SvgElement): VNode =>
  h(name, attributes, ...children.map((child) => (typeof child === 'string' ? child : toNode(child))));
