import './tokens.css';
import './base.css';
import { mount } from 'svelte';
import App from './App.svelte';
import { answeredMs, readBeginning } from './beginning';
import FlowApp from './flow/FlowApp.svelte';
import { isFlow } from './flow/place';
import { keepForOffline } from './offline/register';
import { Session } from './session.svelte';

const target = document.getElementById('app');
if (target === null) throw new Error('index.html: expected an element with the id "app"');

const session = new Session(document.baseURI);
session.start(readBeginning(document.getElementById('beginning')?.textContent ?? 'null', answeredMs()));
mount(isFlow(location.pathname) ? FlowApp : App, { target, props: { session } });
keepForOffline(document.baseURI);
