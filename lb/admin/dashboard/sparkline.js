// @ts-check
// A line of the last minute, in plain SVG. For the eye only: the number beside it says the same.

const kWidth = 160;
const kHeight = 36;
const kPoints = 60;
const kSpace = "http://www.w3.org/2000/svg";

/** @returns {SVGSVGElement} */
export function sparkline() {
  const svg = document.createElementNS(kSpace, "svg");
  svg.setAttribute("viewBox", `0 0 ${kWidth} ${kHeight}`);
  svg.setAttribute("preserveAspectRatio", "none");
  svg.setAttribute("class", "sparkline");
  svg.setAttribute("aria-hidden", "true");
  for (const name of ["area", "line"]) {
    const path = document.createElementNS(kSpace, "path");
    path.setAttribute("class", name);
    svg.append(path);
  }
  return svg;
}

/**
 * @param {SVGSVGElement} svg
 * @param {(number | null)[]} values oldest first; null: there is none
 * @param {number} [least] the least height of the scale
 */
export function draw(svg, values, least = 1) {
  const shown = values.slice(-kPoints);
  const top = Math.max(least, ...shown.map((value) => (Number.isFinite(value) ? Number(value) : 0)));
  const points = shown.map((value, i) => {
    const x = kWidth - ((shown.length - 1 - i) * kWidth) / (kPoints - 1);
    const part = value === Infinity ? 1 : (value ?? 0) / top;
    return `${x.toFixed(1)} ${(kHeight - 2 - part * (kHeight - 4)).toFixed(1)}`;
  });
  const [area, line] = svg.querySelectorAll("path");
  const start = points[0]?.split(" ")[0];
  line.setAttribute("d", points.length < 2 ? "" : `M${points.join("L")}`);
  area.setAttribute("d", points.length < 2 ? "" : `M${start} ${kHeight}L${points.join("L")}L${kWidth} ${kHeight}Z`);
}
