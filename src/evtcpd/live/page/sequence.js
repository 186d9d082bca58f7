/* SPDX-License-Identifier: BSD-3-Clause */
/* ---- the time-sequence graph ---- */

const LEGEND = [
	["data", "M10 1V11", "data"],
	["again", "M10 1V11", "sent again, and why"],
	["ack", "M1 10H10V2H19", "acknowledged"],
	["edge", "M1 6H19", "window's edge"],
	["sack", "M10 1V11", "SACK"],
];
const LABEL_WIDTH = 6.7;  // of a letter
const MOST_MARKED = 250;  // retransmissions that are elements of their own

class Sequence {
	constructor(place, legend) {
		this.place = place;
		this.plane = new Plane(place, "Time-sequence graph", "group");
		this.paths = Object.fromEntries(["edge", "ack", "data", "late", "lost", "sack"].map((name) => [name, element("path", { class: name })]));
		this.lines = element("g", { "aria-hidden": "true" });
		this.marked = element("g");
		legend.append(...LEGEND.map(([name, path, words]) => element("li", null,
			element("svg", { viewBox: "0 0 20 12", "aria-hidden": "true" }, name === "again"
				? element("g", { class: "again" }, element("path", { d: path }), element("path", { class: "head", d: "M6 0h8l-4 6Z" }))
				: element("path", { class: name, d: path })), words)));
	}

	/* view: from, to, of which something is known as far as known; began, way; scale: of the window of who acknowledges; causes: what they mean. */
	draw(history, view, scale, causes) {
		const seen = this.look(history, view);

		this.plane.set({ ...view, low: seen.low, high: seen.high });
		if (!seen.has) {
			this.plane.wait(view.way === "sent" ? "Nothing was sent in this time." : "Nothing came in this time.");
			this.tell(0, 0, view);
			return;
		}
		this.plane.drawAxes(text.bytes, history.ways[view.way].shift);
		if (!this.paths.data.isConnected)
			this.plane.inside.replaceChildren(this.lines, ...Object.values(this.paths));
		this.drawAcks(seen, view, scale);
		this.drawSegments(seen);
		this.drawLines(history, view);
		this.drawMarked(seen.segments.filter(({ mark }) => mark.again), causes);
		this.tell(seen.segments.length + seen.acks.length, seen.segments.filter(({ mark }) => mark.again).length, view);
	}

	/* What of it is in view, and between which bytes. The last ACK before holds on. */
	look(history, { from, known, way }) {
		const all = history.segments[way], acked = history.acks[way];
		const segments = all.slice(firstFrom(all, from), firstFrom(all, known + 1));
		const acks = acked.slice(Math.max(firstFrom(acked, from) - 1, 0), firstFrom(acked, known + 1));
		let low = Infinity, high = -Infinity;

		for (const segment of segments) {
			low = Math.min(low, segment.from);
			high = Math.max(high, segment.to);
		}
		for (const ack of acks.length > 1 || !segments.length ? acks : []) {
			low = Math.min(low, ack.to);
			high = Math.max(high, ack.to);
		}
		const room = Math.max((high - low) * 0.1, 100);

		return { segments, acks, has: segments.length > 0, low: low - room / 2, high: high + room };
	}

	drawAcks(seen, view, scale) {
		const edge = (ack) => ack.to + ack.win * (ack.scaled ? 2 ** scale : 1);
		let sack = "", last = -Infinity;

		this.paths.ack.setAttribute("d", this.plane.steps(seen.acks.map((ack) => [ack.at, ack.to]), view.known));
		this.paths.edge.setAttribute("d", this.plane.steps(seen.acks.map((ack) => [ack.at, edge(ack)]), view.known));
		for (const ack of seen.acks) {
			const x = this.plane.x(ack.at);

			if (!ack.sack || x - last < 0.8)
				continue;
			last = x;
			for (const [left, right] of ack.sack)
				sack += `M${x} ${this.plane.y(left)}V${this.plane.y(right)}`;
		}
		this.paths.sack.setAttribute("d", sack);
	}

	drawSegments(seen) {
		const drawn = { data: "", late: "", lost: "" };

		for (const segment of seen.segments) {
			const { mark } = segment, x = this.plane.x(segment.at), until = this.plane.x(segment.until);
			const y = this.plane.y(segment.from), top = Math.min(this.plane.y(segment.to), y - 1.5);

			if (mark.kind === "dropped")
				drawn.lost += `M${x - 3} ${top - 3}l6 6m0 -6l-6 6`;
			else if (!mark.again)
				drawn[mark.why === "queued_out_of_order" ? "late" : "data"] += `M${x} ${y}L${until} ${top}`;
		}
		for (const [name, path] of Object.entries(drawn))
			this.paths[name].setAttribute("d", path);
	}

	/* Timers that repair, and states. */
	drawLines(history, view) {
		const drawn = [], names = [];

		for (const mark of history.notes) {
			const x = this.plane.x(mark.at);

			if (mark.at < view.from || mark.at > view.known)
				continue;
			if (mark.kind === "timer")
				drawn.push(element("line", { class: "timer", x1: x, x2: x, y1: MARGIN.top, y2: this.plane.bottom }));
			else if (mark.kind === "state") {
				drawn.push(element("line", { class: "turn", x1: x, x2: x, y1: this.plane.bottom - 14, y2: this.plane.bottom }));
				names.push([x, mark.to]);
			}
		}
		drawn.push(...this.names(names));
		this.lines.replaceChildren(...drawn.slice(-120));
	}

	/* Of states, from the last one back, as far as there is room; the last may stand left of its line. */
	names(all) {
		const drawn = [];
		let right = this.plane.right;

		for (const [x, name] of all.reverse()) {
			const width = name.length * LABEL_WIDTH * 1.15 + 8;
			const isLast = drawn.length === 0 && x + width > right;

			if (!isLast && x + width > right)
				continue;
			drawn.push(element("text", { class: "turn-name", x: x + (isLast ? -4 : 4), y: this.plane.bottom - 5, "text-anchor": isLast ? "end" : "start" }, name));
			right = isLast ? x - width : x;
		}
		return drawn;
	}

	/* Each with its cause; a label where there is room for one. */
	drawMarked(segments, causes) {
		const labels = [];

		this.marked.replaceChildren(...segments.slice(-MOST_MARKED).map((segment) => {
			const { mark } = segment, x = this.plane.x(segment.at);
			const y = this.plane.y(segment.from), top = Math.min(this.plane.y(segment.to), y - 2);
			const why = text.reason(causes, mark);
			const node = element("g", { class: "again", role: "img", "aria-label": `sent again: ${why}` },
				element("title", null, `${text.bytes(segment.to - segment.from)} sent again: ${why}`),
				element("path", { d: `M${x} ${y}V${top}` }),
				element("path", { class: "head", d: `M${x - 5} ${top - 8}h10l-5 7Z` }));
			const label = this.label(text.brief(causes, mark), x, top - 12, labels);

			if (label)
				node.append(label);
			return node;
		}));
		this.plane.above.replaceChildren(this.marked);
	}

	/* Left of its mark, where nothing has been drawn yet, as a rule; taken: boxes of labels. */
	label(words, x, y, taken) {
		const width = words.length * LABEL_WIDTH + 8;
		const left = x - width - 4 > MARGIN.left ? x - width : x + 8;
		const box = { left, right: left + width, top: y - 12, bottom: y + 4 };

		if (box.right > this.plane.right || box.top < MARGIN.top)
			return null;
		if (taken.some((other) => box.left < other.right && other.left < box.right && box.top < other.bottom && other.top < box.bottom))
			return null;
		taken.push(box);
		return element("text", { x: left === x - width ? x - 7 : left, y: y + 4, "text-anchor": left === x - width ? "end" : "start" }, words);
	}

	tell(points, again, view) {
		write(this.plane.title, `Time-sequence graph of what ${view.way === "sent" ? "we send" : "we receive"}: ${points} marks, ${again} of them sent again.`);
		this.place.setAttribute("aria-label", this.plane.title.textContent);
		this.place.dataset.points = points;
		this.place.dataset.again = again;
	}
}
