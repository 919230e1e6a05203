/** What is known of the flow and of how its nodes do, kept up to date while the view is open. */
import { ShapeError } from '../check';
import { parseFlow, type Flow, type FlowNode } from '../protocol/flow';
import type { Problem } from '../protocol';
import { parseNodes, type NodesReport, type NodeState } from '../protocol/nodes';
import { ask, NoAnswer } from '../ask';
import { ratesOf, sampleOf, withSample, type Rates, type Sample } from './rates';
import { standingOf, type Standing } from './standing';

const LOOK_EVERY_MS = 1_000;
/** In case nothing told that the flow has changed. */
const FLOW_EVERY_LOOKS = 10;

export interface NodeView {
  readonly state: NodeState | null;
  readonly samples: readonly Sample[];
  readonly rates: Rates;
  readonly standing: Standing;
}

const NOTHING: NodeView = {
  state: null,
  samples: [],
  rates: ratesOf([]),
  standing: standingOf(null, []),
};

export class FlowWatch {
  flow = $state.raw<Flow | null>(null);
  /** Why there is no flow to show. */
  failure = $state<string | null>(null);
  problems = $state.raw<readonly Problem[]>([]);
  /** Grows with every look; what is shown of nodes follows it. */
  looks = $state(0);

  private views: ReadonlyMap<string, NodeView> = new Map();
  private readonly stopped = new AbortController();
  private flowText = '';

  constructor(private readonly base: string) {}

  /** Looks every second until the returned function is called; not while the page is hidden. */
  start(): () => void {
    void this.load();
    const timer = setInterval(() => {
      if (!document.hidden) void this.look();
    }, LOOK_EVERY_MS);
    void this.look();
    return () => {
      clearInterval(timer);
      this.stopped.abort();
    };
  }

  node(id: string): FlowNode | undefined {
    return this.flow?.nodes.find((node) => node.id === id);
  }

  view(id: string): NodeView {
    void this.looks;
    return this.views.get(id) ?? NOTHING;
  }

  /** Asks for the flow again. */
  async load(): Promise<void> {
    try {
      const answer = await ask(new URL('api/flow', this.base), { signal: this.stopped.signal });
      if (!answer.ok) throw new NoAnswer(`The server answered ${answer.status} to api/flow.`);
      // What is the same is not drawn again.
      const text = JSON.stringify(answer.body);
      if (text === this.flowText) return;
      this.flow = parseFlow(answer.body);
      this.flowText = text;
      this.failure = null;
    } catch (reason) {
      if (this.stopped.signal.aborted) return;
      if (this.flow === null || reason instanceof ShapeError) this.failure = wordsFor(reason);
    }
  }

  private async look(): Promise<void> {
    try {
      const answer = await ask(new URL('api/nodes', this.base), { signal: this.stopped.signal });
      if (answer.ok) this.take(parseNodes(answer.body));
    } catch (reason) {
      // A server that is away is told by the state of the line; the last numbers stay beside it.
      if (reason instanceof ShapeError) this.failure = wordsFor(reason);
    }
  }

  private take(report: NodesReport): void {
    const before = this.views;
    this.views = new Map(
      report.nodes.map((state) => {
        const samples = withSample(before.get(state.node)?.samples ?? [], sampleOf(state, report.uptimeMs));
        const standing = standingOf(state, samples);
        return [state.node, { state, samples, rates: ratesOf(samples), standing }];
      }),
    );
    this.problems = report.problems;
    this.looks += 1;
    const shown = this.flow?.nodes ?? [];
    const others =
      shown.length !== report.nodes.length || report.nodes.some(({ node }) => this.node(node) === undefined);
    if (others || this.looks % FLOW_EVERY_LOOKS === 0) void this.load();
  }
}

function wordsFor(reason: unknown): string {
  if (reason instanceof ShapeError) return `The flow cannot be read: ${reason.message}`;
  return reason instanceof Error ? reason.message : String(reason);
}
