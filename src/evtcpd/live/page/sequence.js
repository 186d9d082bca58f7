/* SPDX-License-Identifier: BSD-3-Clause */
/* ---- the time-sequence graph ---- */

const LEGEND = [
	["data", "M10 1V11", "data"],
	["again", "M10 1V11", "sent again, and why"],
	["ack", "M1 10H10V2H19", "acknowledged"],
	["edge", "M1 6H19", "window's edge"],
	["sack", "M10 1V11", "SACK"],
	["fate", "M6.5 2.5l7 7m0 -7l-7 7", "lost on its way, and why"],
];
const LABEL_WIDTH = 6.7;  // of a letter
const MOST_MARKED = 250;  // of retransmissions, and of fates, that are elements of their own

class Sequence {
	/* told: where the one that the keyboard or a finger is at is told in words. */
	constructor(place, legend, told) {
		this.place = place;
		this.told = told;
		this.items = [];   // what is marked, in order of time: its mark, node and words
		this.chosen = null; // the mark of one of them
		this.plane = new Plane(place, "Time-sequence graph", "group");
		this.paths = Object.fromEntries(["edge", "ack", "data", "late", "lost", "sack"].map((name) => [name, element("path", { class: name })]));
		this.lines = element("g", { "aria-hidden": "true" });
		this.marked = element("g");
		place.addEventListener("click", (event) => this.choose(this.items.find(({ node }) => node.contains(event.target))));
		legend.append(...LEGEND.map(([name, path, words]) => element("li", null,
			element("svg", { viewBox: "0 0 20 12", "aria-hidden": "true" }, element("g", { class: name === "fate" || name === "again" ? name : "" },
				element("path", { class: name, d: path }), ...name === "again" ? [element("path", { class: "head", d: "M6 0h8l-4 6Z" })] : [])), words)));
	}

	/* view: from, to, of which something is known as far as known; began, way; scale: of the window of who acknowledges; causes: what they mean. */
	draw(history, view, scale, causes) {
		const seen = this.look(history, view);

		this.plane.set({ ...view, low: seen.low, high: seen.high });
		if (!seen.has) {
			this.plane.wait(view.way === "sent" ? "Nothing was sent in this time." : "Nothing came in this time.");
			this.items = [];
			this.choose(null);
			this.tell(seen, view);
			return;
		}
		this.plane.drawAxes(text.bytes, history.ways[view.way].shift);
		if (!this.paths.data.isConnected)
			this.plane.inside.replaceChildren(this.lines, ...Object.values(this.paths));
		this.drawAcks(seen, view, scale);
		this.drawSegments(seen);
		this.drawLines(history, view);
		this.drawMarked(seen, history, view, causes);
		this.tell(seen, view);
	}

	/* What of it is in view, and between which bytes. The last ACK before holds on. */
	look(history, { from, known, way }) {
		const all = history.segments[way], acked = history.acks[way], fated = history.fates[way];
		const segments = all.slice(firstFrom(all, from), firstFrom(all, known + 1));
		const acks = acked.slice(Math.max(firstFrom(acked, from) - 1, 0), firstFrom(acked, known + 1));
		const fates = fated.slice(firstFrom(fated, from), firstFrom(fated, known + 1));
		const again = segments.filter(({ mark }) => mark.again);
		let low = Infinity, high = -Infinity;

		for (const segment of segments.concat(fates)) {
			low = Math.min(low, segment.from);
			high = Math.max(high, segment.to);
		}
		for (const ack of acks.length > 1 || !segments.length ? acks : []) {
			low = Math.min(low, ack.to);
			high = Math.max(high, ack.to);
		}
		const room = Math.max((high - low) * 0.1, 100);

		return { segments, acks, fates, again, has: segments.length + fates.length > 0, low: low - room / 2, high: high + room };
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
	drawMarked(seen, history, view, causes) {
		const labels = [], shift = history.ways[view.way].shift;
		const again = seen.again.slice(-MOST_MARKED).map((segment) => this.again(segment, shift, causes, labels));
		const fates = seen.fates.slice(-MOST_MARKED).map((fate) => this.fate(fate, shift, causes, labels));

		this.items = [...again, ...fates].sort((a, b) => a.mark.at - b.mark.at);
		this.marked.replaceChildren(...[...fates, ...again].map(({ node }) => node));
		this.plane.above.replaceChildren(this.marked);
		this.choose(this.items.find(({ mark }) => mark === this.chosen));
	}

	/* words: all of them, with the time; for who sees no graph, and for who is at this one. */
	item(name, { at, from, to, mark }, shift, words, ...drawn) {
		const what = to > from ? `${text.count(from + shift)}–${text.count(to + shift)}` : `ACK ${text.count(from + shift)}`;
		const node = element("g", { class: name, role: "img", "aria-label": words }, element("title", null, `${what} ${words}`), ...drawn);

		return { mark, node, words: `${((at - this.plane.began) / 1e6).toFixed(3)} s: ${what} ${words}` };
	}

	again(segment, shift, causes, labels) {
		const { mark } = segment, x = this.plane.x(segment.at);
		const y = this.plane.y(segment.from), top = Math.min(this.plane.y(segment.to), y - 2);
		const label = this.label(text.brief(causes, mark), x, top - 12, labels);

		return this.item("again", segment, shift, `sent again: ${text.reason(causes, mark)}`,
			element("path", { d: `M${x} ${y}V${top}` }),
			element("path", { class: "head", d: `M${x - 5} ${top - 8}h10l-5 7Z` }), ...label);
	}

	/* A cross through what a link lost, a diamond around what it changed or made. */
	fate(segment, shift, causes, labels) {
		const { mark } = segment, x = this.plane.x(segment.at);
		const y = (this.plane.y(segment.from) + this.plane.y(segment.to)) / 2;
		const words = mark.lost ? `lost on the way ${mark.out ? "out" : "in"}: ` : `on the way ${mark.out ? "out" : "in"}: `;
		const label = this.label(`${mark.lost ? "lost: " : ""}${text.brief(causes, mark)}${mark.rule ? `, rule ${mark.rule}` : ""}`, x, y + 6, labels, true);
		const path = mark.lost ? `M${x - 4.5} ${y - 4.5}l9 9m0 -9l-9 9` : `M${x} ${y - 6}l6 6l-6 6l-6 -6Z`;

		return this.item("fate", segment, shift, words + text.fate(causes, mark),
			element("path", { class: "halo", d: path }), element("path", { d: path }), ...label);
	}

	/* An item, or nothing: it stands out, and its words are told. */
	choose(item) {
		this.marked.querySelectorAll(".is-at").forEach((node) => node.classList.remove("is-at"));
		this.chosen = item ? item.mark : null;
		if (item)
			item.node.classList.add("is-at");
		write(this.told, item ? item.words : "");
	}

	/* From one to the next: 1, or to the one before: -1. The first is the last that is shown. */
	step(by) {
		const at = this.items.findIndex(({ mark }) => mark === this.chosen);
		const to = at < 0 ? this.items.length - 1 : Math.min(Math.max(at + by, 0), this.items.length - 1);

		this.choose(this.items[to]);
	}

	/* Beside its mark, where nothing has been drawn yet: left of it, as a rule, or right; taken: boxes of labels. */
	label(words, x, y, taken, isRight = false) {
		const width = words.length * LABEL_WIDTH + 8;
		const left = !isRight && x - width - 4 > MARGIN.left ? x - width : x + 8;
		const box = { left, right: left + width, top: y - 12, bottom: y + 4 };

		if (box.right > this.plane.right || box.top < MARGIN.top)
			return [];
		if (taken.some((other) => box.left < other.right && other.left < box.right && box.top < other.bottom && other.top < box.bottom))
			return [];
		taken.push(box);
		return [element("text", { x: left < x ? x - 7 : left, y: y + 4, "text-anchor": left < x ? "end" : "start" }, words)];
	}

	tell({ segments, acks, again, fates }, view) {
		const points = segments.length + acks.length, lost = fates.filter(({ mark }) => mark.lost).length;

		write(this.plane.title, `Time-sequence graph of what ${view.way === "sent" ? "we send" : "we receive"}: ${points} marks, ${again.length} of them sent again; ${lost} lost on the way.`);
		this.place.setAttribute("aria-label", this.plane.title.textContent);
		this.place.dataset.points = points;
		this.place.dataset.again = again.length;
		this.place.dataset.lost = lost;
	}
}
