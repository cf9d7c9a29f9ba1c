/** The flight beside a film: its way on a map without tiles, its height as a curve; a press on either seeks. */
import { Flight, type GeoJson, scaleBar } from "./flight-wire.ts";
import { colour, sized } from "./footage-line.ts";
import { find } from "./page-kit.ts";

type Draw = (at: number) => void;

/** Answers what draws the moment `at` on both; null where nothing is known of a flight. */
export function flown(
  data: GeoJson,
  site: [number, number] | null,
  polygon: [number, number][],
  seek: (at: number) => void,
): Draw | null {
  const flight = new Flight(data, site, polygon);
  if (!flight.points.length) return null;
  find("footage-flight").hidden = false;
  const draws: Draw[] = [];
  map(flight, draws, seek);
  curve(flight, draws, seek);
  return (at) => draws.forEach((draw) => draw(at));
}

function map(flight: Flight, draws: Draw[], seek: (at: number) => void): void {
  const canvas = find<HTMLCanvasElement>("footage-map");
  const bounds = flight.bounds();
  const place = () => {
    const { width, height } = canvas.getBoundingClientRect();
    const scale = Math.min(width / bounds.width, height / bounds.height);
    const left = (width - bounds.width * scale) / 2;
    const top = (height - bounds.height * scale) / 2;
    return {
      x: (x: number) => left + (x - bounds.left) * scale,
      y: (y: number) => height - top - (y - bounds.bottom) * scale,
      back: (x: number, y: number) => ({ x: (x - left) / scale + bounds.left, y: (height - top - y) / scale + bounds.bottom }),
      scale,
      width,
      height,
    };
  };
  draws.push((at) => {
    const context = sized(canvas);
    if (!context) return;
    const to = place();
    context.lineWidth = 2.5;
    context.strokeStyle = colour("--press");
    context.beginPath();
    for (const point of flight.points) context.lineTo(to.x(point.x), to.y(point.y));
    context.stroke();
    if (flight.outline.length) {
      context.strokeStyle = colour("--green-fill");
      context.beginPath();
      for (const corner of flight.outline) context.lineTo(to.x(corner.x), to.y(corner.y));
      context.closePath();
      context.stroke();
    } else if (flight.site) {
      context.strokeStyle = colour("--green-fill");
      context.setLineDash([4, 3]);
      context.beginPath();
      context.arc(to.x(flight.site.x), to.y(flight.site.y), 50 * to.scale, 0, 7);
      if (50 * to.scale > 9) context.stroke(); // else it would be hidden by the square
      context.setLineDash([]);
      context.fillStyle = colour("--green-fill");
      context.fillRect(to.x(flight.site.x) - 4, to.y(flight.site.y) - 4, 8, 8);
    }
    const now = flight.when(at);
    if (now) {
      context.fillStyle = colour("--red-fill");
      context.strokeStyle = colour("--surface");
      context.beginPath();
      context.arc(to.x(now.x), to.y(now.y), 7, 0, 7);
      context.fill();
      context.stroke();
    }
    const bar = scaleBar(to.width / to.scale);
    context.fillStyle = colour("--ink-2");
    context.fillRect(10, to.height - 12, bar * to.scale, 2);
    context.font = "12px system-ui";
    context.fillText(bar >= 1000 ? `${bar / 1000} km` : `${bar} m`, 10, to.height - 17);
    context.fillText("N ↑", to.width - 30, 18);
  });
  canvas.addEventListener("click", (event) => {
    const box = canvas.getBoundingClientRect();
    const { x, y } = place().back(event.clientX - box.left, event.clientY - box.top);
    const point = flight.nearest(x, y);
    if (point) seek(point.at);
  });
}

function curve(flight: Flight, draws: Draw[], seek: (at: number) => void): void {
  const canvas = find<HTMLCanvasElement>("footage-curve");
  const told = flight.points.filter((point) => point.height !== null);
  if (told.length < 2) return void (find("footage-height").hidden = true);
  const heights = told.map((point) => point.height ?? 0);
  const low = Math.min(...heights);
  const high = Math.max(...heights, low + 1);
  const end = Math.max(told.at(-1)?.at ?? 1, 0.001);
  draws.push((at) => {
    const context = sized(canvas);
    if (!context) return;
    const { width, height } = canvas.getBoundingClientRect();
    const y = (metres: number) => height - 8 - ((metres - low) / (high - low)) * (height - 24);
    context.strokeStyle = colour("--press");
    context.lineWidth = 2;
    context.beginPath();
    for (const point of told) context.lineTo((point.at / end) * width, y(point.height ?? 0));
    context.stroke();
    context.fillStyle = colour("--ink-2");
    context.font = "12px system-ui";
    const now = flight.when(at);
    const said = now?.height === null || now === null ? "" : `${now.height.toFixed(1)} m`;
    context.fillText(`${low.toFixed(0)}–${high.toFixed(0)} m   ${said}`, 8, 14);
    context.fillStyle = colour("--red-fill");
    context.fillRect((Math.min(at, end) / end) * width - 1, 0, 2, height);
  });
  canvas.addEventListener("click", (event) => {
    const box = canvas.getBoundingClientRect();
    seek(((event.clientX - box.left) / box.width) * end);
  });
}
