import './tokens.css';
import './base.css';
import { mount } from 'svelte';
import App from './App.svelte';
import { answeredMs, readBeginning } from './beginning';
import { isFlow } from './flow/place';
import { keepForOffline } from './offline/register';
import { Session } from './session.svelte';
// The chosen colours are there from the first picture.
import './theme.svelte';

const target = document.getElementById('app');
if (target === null) throw new Error('index.html: expected an element with the id "app"');

const session = new Session(document.baseURI);
session.start(readBeginning(document.getElementById('beginning')?.textContent ?? 'null', answeredMs()));
if (isFlow(location.pathname)) {
  void import('./flow/FlowApp.svelte').then(({ default: FlowApp }) =>
    mount(FlowApp, { target, props: { session } }),
  );
} else mount(App, { target, props: { session } });
keepForOffline(document.baseURI);
