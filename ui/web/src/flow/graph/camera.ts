/** Which part of the drawing is seen, and how large. */

export interface Camera {
  readonly x: number;
  readonly y: number;
  readonly scale: number;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

export const LEAST_SCALE = 0.2;
export const MOST_SCALE = 2.5;
/** Smaller, the names could not be read: what does not fit then is reached by moving. */
const LEAST_FIT = 0.75;

const bounded = (scale: number): number => Math.min(MOST_SCALE, Math.max(LEAST_SCALE, scale));

/** All of the drawing, as large as it can be. @param whole whether to show all of it even where it gets too small to read. */
export function fit(drawing: Size, view: Size, whole = true): Camera {
  if (drawing.width === 0 || view.width === 0) return { x: 0, y: 0, scale: 1 };
  const ideal = Math.min(1, view.width / drawing.width, view.height / drawing.height);
  const scale = bounded(whole ? ideal : Math.max(LEAST_FIT, ideal));
  const middle = (room: number, length: number): number => Math.max(0, (room - length * scale) / 2);
  return { x: middle(view.width, drawing.width), y: middle(view.height, drawing.height), scale };
}

/** Larger or smaller, while the point of the view at `x`, `y` stays where it is. */
export function zoomed(camera: Camera, by: number, x: number, y: number): Camera {
  const scale = bounded(camera.scale * by);
  const factor = scale / camera.scale;
  return { x: x - (x - camera.x) * factor, y: y - (y - camera.y) * factor, scale };
}

export function moved(camera: Camera, dx: number, dy: number): Camera {
  return { ...camera, x: camera.x + dx, y: camera.y + dy };
}

/** Moved as little as shows a rectangle of the drawing with some room around it. */
export function showing(
  camera: Camera,
  view: Size,
  place: Size & { readonly x: number; readonly y: number },
): Camera {
  const room = 24;
  const shift = (at: number, length: number, from: number, end: number): number => {
    const start = at * camera.scale + from;
    const stop = start + length * camera.scale;
    if (start < room) return room - start;
    return stop > end - room ? end - room - stop : 0;
  };
  return moved(
    camera,
    shift(place.x, place.width, camera.x, view.width),
    shift(place.y, place.height, camera.y, view.height),
  );
}

/** Whether all of the drawing is in the view; a few pixels beyond the edge are nothing. */
export function showsAll(camera: Camera, drawing: Size, view: Size): boolean {
  const within = (at: number, length: number, room: number): boolean =>
    at > -2 && at + length * camera.scale < room + 2;
  return within(camera.x, drawing.width, view.width) && within(camera.y, drawing.height, view.height);
}
