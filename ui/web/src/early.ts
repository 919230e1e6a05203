/** Runs while the page's code is still on its way, so that its first picture has values in it. */
import { EarlyLine, socketUrl } from './line';

export const early = new EarlyLine(new WebSocket(socketUrl(document.baseURI)));
