/** Which node an arrow key leads to: along the edges, and up and down within a column. */
import type { Arranged, Placed } from './arrange';

export type Arrow = 'ArrowLeft' | 'ArrowRight' | 'ArrowUp' | 'ArrowDown' | 'Home' | 'End';

const middle = ({ y, height }: Placed): number => y + height / 2;

function nearest(list: readonly Placed[], to: Placed, distance: (place: Placed) => number): Placed {
  return list.reduce((best, place) => (distance(place) < distance(best) ? place : best), list[0] ?? to);
}

export function step(arranged: Arranged, id: string, arrow: Arrow): string {
  const here = arranged.nodes.find(({ node }) => node.id === id);
  if (here === undefined || arrow === 'Home') return arranged.nodes[0]?.node.id ?? id;
  if (arrow === 'End') return arranged.nodes.at(-1)?.node.id ?? id;
  if (arrow === 'ArrowLeft' || arrow === 'ArrowRight') {
    const ids = arranged.edges.flatMap(({ from, to }) => {
      if (arrow === 'ArrowRight') return from === id ? [to] : [];
      return to === id ? [from] : [];
    });
    const linked = arranged.nodes.filter(({ node }) => ids.includes(node.id));
    return nearest(linked, here, (place) => Math.abs(middle(place) - middle(here))).node.id;
  }
  const down = arrow === 'ArrowDown';
  const side = arranged.nodes.filter((place) =>
    down ? middle(place) > middle(here) : middle(place) < middle(here),
  );
  const column = side.filter(({ x }) => Math.abs(x - here.x) < here.width / 2);
  // At the end of a column, whatever lies beyond, so that every node can be reached.
  return nearest(
    column.length > 0 ? column : side,
    here,
    (place) => Math.abs(middle(place) - middle(here)) + Math.abs(place.x - here.x),
  ).node.id;
}
