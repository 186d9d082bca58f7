/* SPDX-License-Identifier: BSD-3-Clause */
/* ---- what all graphs have in common: a plane with axes ---- */

const MARGIN = { left: 58, right: 14, top: 8, bottom: 24 };

/* Round values between two, about so many. */
function ticks(from, to, about) {
	const rough = (to - from) / about, power = 10 ** Math.floor(Math.log10(rough));
	const step = [1, 2, 5, 10].map((n) => n * power).find((n) => n >= rough) || power;
	const found = [];

	for (let at = Math.ceil(from / step) * step; at <= to + step / 1e6; at += step)
		found.push(at);
	return { step, found };
}

/* The plane of a graph in a place of the page: x is time, y what is measured. */
class Plane {
	/* role: "img" where what is inside has nothing to say by itself. */
	constructor(place, name, role = "img") {
		this.place = place;
		this.clip = `clip-${place.id}`;
		this.title = element("title", null, name);
		this.rect = element("rect");
		this.axes = element("g", { "aria-hidden": "true" });
		this.inside = element("g", { "clip-path": `url(#${this.clip})` });
		this.above = element("g");
		this.svg = element("svg", { role }, this.title,
			element("defs", null, element("clipPath", { id: this.clip }, this.rect)), this.axes, this.inside, this.above);
		place.append(this.svg);
	}

	/* from, to: moments; began: the one that is 0; low, high: of y. */
	set({ from, to, began, low, high }) {
		const width = Math.max(this.place.clientWidth, 120), height = this.place.clientHeight;

		Object.assign(this, { width, height, from, to, began, low, high });
		this.right = width - MARGIN.right;
		this.bottom = height - MARGIN.bottom;
		this.svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
		for (const [key, value] of Object.entries({ x: MARGIN.left, y: MARGIN.top, width: this.right - MARGIN.left, height: this.bottom - MARGIN.top }))
			this.rect.setAttribute(key, value);
	}

	x(at) {
		return Math.round((MARGIN.left + (at - this.from) / (this.to - this.from) * (this.right - MARGIN.left)) * 10) / 10;
	}

	y(value) {
		return Math.round((this.bottom - (value - this.low) / (this.high - this.low) * (this.bottom - MARGIN.top)) * 10) / 10;
	}

	/* say: a value of y as text; round values are those that shift leads to. */
	drawAxes(say, shift = 0) {
		const drawn = [];
		const seconds = ticks((this.from - this.began) / 1e6, (this.to - this.began) / 1e6, Math.max(2, this.width / 110));
		const values = ticks(this.low + shift, this.high + shift, Math.max(3, this.height / 55));

		for (const second of seconds.found) {
			const x = this.x(this.began + second * 1e6);

			drawn.push(element("line", { class: "grid", x1: x, x2: x, y1: MARGIN.top, y2: this.bottom }));
			drawn.push(element("text", { x, y: this.bottom + 16, "text-anchor": "middle" },
				`${second.toFixed(Math.max(0, -Math.floor(Math.log10(seconds.step) + 1e-9)))} s`));
		}
		for (const value of values.found) {
			const y = this.y(value - shift);

			drawn.push(element("line", { class: "grid", x1: MARGIN.left, x2: this.right, y1: y, y2: y }));
			drawn.push(element("text", { x: MARGIN.left - 6, y: y + 4, "text-anchor": "end" }, say(value)));
		}
		drawn.push(element("rect", { class: "frame", x: MARGIN.left, y: MARGIN.top, width: this.right - MARGIN.left, height: this.bottom - MARGIN.top }));
		this.axes.replaceChildren(...drawn);
	}

	/* A line that keeps its value until the next one; points: [moment, value]. */
	steps(points, until) {
		let path = "";

		for (const [at, value] of points)
			path += path ? `H${this.x(at)}V${this.y(value)}` : `M${this.x(at)} ${this.y(value)}`;
		return path && `${path}H${this.x(until)}`;
	}

	wait(words) {
		this.axes.replaceChildren();
		this.inside.replaceChildren();
		this.above.replaceChildren(element("text", { class: "waiting", x: this.width / 2, y: this.height / 2 }, words));
	}
}
