/** The description of the API against the rules of OpenAPI, for a flow with a model and one without. */
import { Validator } from '@seriousme/openapi-schema-validator';
import { expect, test } from 'vitest';
import { fanFlow, flowFolder, start } from './program';

const WITHOUT_MODEL = `
twinflow: 1
brokers: { plant: 'embedded://127.0.0.1:0' }
nodes:
  fan: { type: virtual-fan, broker: plant, topic: fan }
`;

test.each([
  ['a model', fanFlow(), '/models/faults/predict'],
  ['no model', WITHOUT_MODEL, '/api/status'],
])('the API of a flow with %s is described as OpenAPI wants it', async (_, flow, path) => {
  const program = await start(flowFolder(flow));
  try {
    const described: unknown = await (await fetch(new URL('openapi.json', program.url))).json();
    const result = await new Validator().validate(described as Record<string, unknown>);
    expect(result).toEqual({ valid: true });
    expect(described).toHaveProperty(['paths', path]);
  } finally {
    await program.stop();
  }
});

test('the page names the terms of all that is built into it', async () => {
  const program = await start(flowFolder(WITHOUT_MODEL));
  try {
    const page = await (await fetch(program.url)).text();
    const [, address] = /<link rel="license" href="([^"]+)"/.exec(page) ?? [];
    const terms = await (await fetch(new URL(address ?? 'missing', program.url))).text();
    for (const name of ['svelte', 'uplot', '@codemirror/view'])
      expect(terms).toMatch(new RegExp(`^## ${name} `, 'm'));
    expect(terms).toContain('Permission is hereby granted');
  } finally {
    await program.stop();
  }
});
